import { parseReference } from '@rcm/credentials';
import { type EndpointRow, findEndpoint, openDatabase } from '@rcm/db';
import { reinstateEndpoint, retireEndpoint } from '@rcm/db/admin';
import { urlFor } from '@rcm/db/testing';
import { backend } from '@rcm/test-services';
import { Secret } from '@rcm/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onboardEndpoint } from './credential/onboard.ts';
import { reinstateSecret } from './credential/reinstate.ts';
import { codeOf, LoginToMove, WHY } from './relocate.fixture.ts';
import { rotate } from './testing.fixture.ts';

let w: LoginToMove;

async function row(): Promise<EndpointRow> {
  const found = await findEndpoint(w.testEnvironment.db, { endpointId: w.seed.id });
  if (!found) throw new Error('no endpoint');
  return found;
}

/** A person types it, as `rcm endpoint add` takes it. */
const typed = async (payload: unknown) => onboardEndpoint(w.migrator, await row(), new Secret(JSON.stringify(payload)), WHY);

/** Its secret lies where none would be made anew, and it is retired and reinstated; whoever did so died before the row named its secret. */
async function reinstatedHalfway(): Promise<string> {
  const here = (await w.rowOf()).secretArn;
  await w.move(w.there);
  // What it was moved away from was removed since, and that is known.
  await w.removeAsGuardian(here);
  await w.sql(`UPDATE unnamed_secret SET removed_at = clock_timestamp()`);
  await rotate(w.testEnvironment, w.migrator, w.seed, (payload) => payload);
  const { secretArn } = await w.rowOf();
  const operator = openDatabase({ url: urlFor('rcm_operator', w.testEnvironment.url), applicationName: 'operator', maxConnections: 1 });
  expect(await retireEndpoint(operator, w.seed.id, WHY)).toBe('retired');
  expect(await reinstateEndpoint(operator, w.seed.id, WHY)).toBe('reinstated');
  await operator.close();
  return secretArn;
}

describe.runIf(backend() === 'embedded')('a login that is typed for an endpoint that is used again', () => {
  beforeEach(async () => {
    w = await LoginToMove.open();
  });
  afterEach(() => w?.close());

  it('does not go beside the secret that the row is to name again, which holds a newer password', async () => {
    const secretArn = await reinstatedHalfway();
    expect(await codeOf(typed(w.seed.credentials))).toBe('store_conflict');
    expect(await row()).toMatchObject({ secretArn: null, retiredSecretArn: secretArn });
    await expect(typed(w.seed.credentials)).rejects.toThrow(/rcm endpoint reinstate/);
    expect(await reinstateSecret(w.migrator, await row())).toBe('named');
    expect(await w.passwordNow()).toMatch(/^rotated-/);
  });

  it('has the row name that secret where it is what lies there', async () => {
    const secretArn = await reinstatedHalfway();
    const lies = await w.migrator.stores.forTenant(w.seed.orgId).read(parseReference(secretArn));
    expect(await typed(JSON.parse(lies?.text.reveal() ?? ''))).toBe('migrated');
    expect(await row()).toMatchObject({ secretArn, retiredSecretArn: null });
  });
});
