import { credentialReference, placeKey } from '@rcm/credentials';
import { findEndpoint, openDatabase } from '@rcm/db';
import { reinstateEndpoint, retireEndpoint } from '@rcm/db/admin';
import { urlFor } from '@rcm/db/testing';
import { backend } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { plan } from './commands/plan.ts';
import { resolve } from './commands/resolve.ts';
import { reinstateSecret } from './credential/reinstate.ts';
import { hirePerson, type Person } from './person.fixture.ts';
import { codeOf, LoginToMove, WHY } from './relocate.fixture.ts';
import { lookAt, passwordOf } from './resolve.fixture.ts';
import { scrubbing, stored } from './testing.fixture.ts';

let w: LoginToMove;
let person: Person;

const asOperator = async (act: typeof retireEndpoint | typeof reinstateEndpoint): Promise<string> => {
  const operator = openDatabase({ url: urlFor('rcm_operator', w.testEnvironment.url), applicationName: 'operator', maxConnections: 1 });
  try {
    return await act(operator, w.seed.id, WHY);
  } finally {
    await operator.close();
  }
};

/** What lies under the login's name in a place. */
async function lies(place = w.migrator.places.new[0]): Promise<unknown> {
  const { id: endpointId, orgId } = w.seed;
  const reference = credentialReference({
    ...{ ...place, environment: w.migrator.places.environment, orgId, endpointId },
    portalAccountId: `account-${endpointId}`,
  });
  return passwordOf((await w.migrator.stores.forTenant(orgId).read(reference))?.text.reveal());
}

async function inRow(): Promise<unknown> {
  const [row] = await w.sql<{ text: string }>(`SELECT (config->'credentials')::text AS text FROM integration_endpoint WHERE id = $1`, w.seed.id);
  return passwordOf(row?.text ?? undefined);
}

const planned = () => passwordOf(JSON.stringify(w.seed.credentials));
const refused = { failed: [{ endpointId: 'endpoint-001', code: 'endpoint_retired', class: 'mend' }] };

describe.runIf(backend() === 'embedded')('a login that somebody writes into the row of a retired endpoint', { timeout: 600_000 }, () => {
  beforeEach(async () => {
    w = await LoginToMove.open();
    person = hirePerson(w.testEnvironment);
  });
  afterEach(async () => {
    await person?.close();
    await w?.close();
  });

  it('is refused before anything is written: no secret is made that no row names, and the row keeps what it holds', async () => {
    const { secretArn } = await w.rowOf();
    await w.removeAsGuardian(secretArn);
    await w.sql(
      `UPDATE integration_endpoint SET secret_arn = NULL, current_version = NULL, login_identity = NULL, rotation_status = NULL WHERE id = $1`,
      w.seed.id,
    );
    expect(await asOperator(retireEndpoint)).toBe('retired');
    await person.types(w.seed, 'typed');
    expect((await plan(w.migrator)).json).toMatchObject({ create: 0, ...refused });
    expect((await apply(w.migrator)).json).toMatchObject({ migrated: 0, ...refused });
    expect(await codeOf(resolve(w.migrator, { endpointId: w.seed.id, take: 'row', seen: '1', proof: 'none', ...WHY }))).toBe('endpoint_retired');
    expect((await scrubbing(w.testEnvironment, w.migrator)).json).toMatchObject({ scrubbed: 0, ...refused });
    expect([await lies(), await inRow()]).toEqual([undefined, 'typed']);
    // Used again, it is moved as any other.
    await asOperator(reinstateEndpoint);
    expect((await apply(w.migrator)).json).toMatchObject({ migrated: 1, failed: [] });
    expect(await lies()).toBe('typed');
  });

  describe('whose secret lies where it was moved to', () => {
    let moved: string;
    beforeEach(async () => {
      const { secretArn: left } = await w.rowOf();
      await w.move(w.there);
      moved = (await w.rowOf()).secretArn;
      await w.removeAsGuardian(left);
      expect(await asOperator(retireEndpoint)).toBe('retired');
    });

    it('is refused with where that secret lies, and names that one once it is used again and the two are one', async () => {
      await person.types(w.seed, String(planned()));
      const { json } = await apply(w.migrator);
      expect(json).toMatchObject(refused);
      expect(JSON.stringify(json)).toContain(moved);
      await asOperator(reinstateEndpoint);
      expect(await codeOf(reinstateSecret(w.migrator, (await findEndpoint(w.migrator.db, { endpointId: w.seed.id })) as never))).toBe('row_edited');
      expect((await apply(w.migrator)).json).toMatchObject({ migrated: 1, failed: [] });
      expect([(await w.rowOf()).secretArn, await lies()]).toEqual([moved, undefined]);
    });

    it('is not put beside that secret once it is used again and the two differ: a person says which is right', async () => {
      await person.types(w.seed, 'typed');
      await asOperator(reinstateEndpoint);
      expect((await apply(w.migrator)).json).toMatchObject({ migrated: 0, failed: [{ endpointId: w.seed.id, code: 'store_conflict' }] });
      expect([await lies(), await lies(w.there), await inRow()]).toEqual([undefined, planned(), 'typed']);
      await resolve(w.migrator, { endpointId: w.seed.id, take: 'store', seen: await lookAt(w.migrator, w.seed.id), proof: 'none', ...WHY });
      expect([await w.placeNow(), passwordOf((await stored(w.migrator, w.seed)).text), await inRow()]).toEqual([placeKey(w.there), planned(), planned()]);
    });
  });
});
