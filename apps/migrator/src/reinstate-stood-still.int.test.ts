import type { TenantStores } from '@rcm/credentials';
import { type EndpointRow, findEndpoint, openDatabase } from '@rcm/db';
import { insertEndpoint, reinstateEndpoint, retireEndpoint } from '@rcm/db/admin';
import { urlFor } from '@rcm/db/testing';
import { backend } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reinstateSecret } from './credential/reinstate.ts';
import { relocateEndpoint } from './credential/relocate.ts';
import { codeOf, LoginToMove, WHY } from './relocate.fixture.ts';

let w: LoginToMove;

async function rowOf(endpointId: string): Promise<EndpointRow> {
  const row = await findEndpoint(w.testEnvironment.db, { endpointId });
  if (!row) throw new Error(`there is no ${endpointId}`);
  return row;
}

/** Another endpoint of the organization that names the same secret. */
async function sharing(endpointId: string): Promise<void> {
  const { orgId, portalTypeCode, baseUrl } = await w.rowOf();
  await insertEndpoint(w.testEnvironment.db, { id: endpointId, orgId, portalTypeCode, accountId: 'another', baseUrl });
  await w.sql(
    `UPDATE integration_endpoint e SET secret_arn = o.secret_arn, current_version = o.current_version, login_identity = o.login_identity, rotation_status = 'active'
       FROM integration_endpoint o WHERE o.id = $1 AND e.id = $2`,
    w.seed.id,
    endpointId,
  );
}

/** Stores that stand still once, after a secret was read. */
const standStill = (stores: TenantStores, meanwhile: () => Promise<unknown>): TenantStores => {
  let hasStopped = false;
  return {
    ...stores,
    forTenant(orgId) {
      const store = stores.forTenant(orgId);
      return {
        ...store,
        async read(...asked) {
          const found = await store.read(...asked);
          if (!hasStopped) {
            hasStopped = true;
            await meanwhile();
          }
          return found;
        },
      };
    },
  };
};

describe.runIf(backend() === 'embedded')('a migrator that stands still while it has a login named that is used again', () => {
  beforeEach(async () => {
    w = await LoginToMove.open();
  });
  afterEach(() => w?.close());

  it('names no secret that the others were moved away from meanwhile', async () => {
    await sharing('shared');
    const operator = openDatabase({ url: urlFor('rcm_operator', w.testEnvironment.url), applicationName: 'operator', maxConnections: 1 });
    expect(await retireEndpoint(operator, w.seed.id, WHY)).toBe('retired');
    expect(await reinstateEndpoint(operator, w.seed.id, WHY)).toBe('reinstated');
    await operator.close();
    const row = await rowOf(w.seed.id);
    const stores = standStill(w.migrator.stores, async () => relocateEndpoint(w.migrator, await rowOf('shared'), w.there, WHY));
    const ended = await codeOf(reinstateSecret({ ...w.migrator, stores }, row));
    expect((await rowOf(w.seed.id)).secretArn).toBeNull();
    expect(ended).toBe('state_conflict');
    expect(await reinstateSecret(w.migrator, await rowOf(w.seed.id))).toBe('named');
    expect((await rowOf(w.seed.id)).secretArn).toBe((await rowOf('shared')).secretArn);
  });
});
