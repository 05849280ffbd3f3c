import { type NewPlace, placeKey } from '@rcm/credentials';
import { findEndpoint, openDatabase } from '@rcm/db';
import { retireEndpoint } from '@rcm/db/admin';
import { beginMove } from '@rcm/db/migration';
import { urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deaths, mortal } from './crash.fixture.ts';
import { relocateEndpoint } from './credential/relocate.ts';
import { stored } from './testing.fixture.ts';
import { codeOf, LoginToMove, WHY } from './relocate.fixture.ts';

let w: LoginToMove;
beforeEach(async () => {
  if (backend() === 'embedded') w = await LoginToMove.open();
});
afterEach(() => w?.close());

describe.runIf(backend() === 'embedded')('a login whose secret is moved (the containers have one account)', () => {
  describe('is refused, and the row names what it named,', () => {
    const refused = async (code: string, to: NewPlace = w.there) => {
      const before = await w.sql<{ secret_arn: string }>(`SELECT secret_arn FROM integration_endpoint WHERE id = $1`, w.seed.id);
      expect(await codeOf(relocateEndpoint(w.migrator, (await findEndpoint(w.testEnvironment.db, { endpointId: w.seed.id })) as never, to, WHY))).toBe(code);
      expect(await w.sql(`SELECT secret_arn FROM integration_endpoint WHERE id = $1`, w.seed.id)).toEqual(before);
    };

    it('where the place is none of the deployment’s', () =>
      refused('input_invalid', { store: 'ssm', partition: 'aws', region: 'us-east-1', accountId: '999999999999' }));

    it('while a rotation is open', async () => {
      await w.sql(`
        INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash)
        SELECT gen_random_uuid(), login_identity, org_id, id, portal_type_code, 'planned', 1, 'rotator', 'due', secret_arn, current_version, 'h' FROM integration_endpoint`);
      expect(['state_conflict', 'lease_unavailable']).toContain(await codeOf(w.move(w.there)));
      expect(await w.placeNow()).toBe(w.here());
    });

    it('where the store is ahead of the row', async () => {
      await w.storeHere('newer', (await w.rowOf()).secretArn);
      await refused('state_conflict');
    });

    it('where a move to another place was begun', async () => {
      await beginMove(w.migrator.db, { endpointId: w.seed.id, orgId: w.seed.orgId, place: placeKey(w.other) });
      await refused('state_conflict');
    });

    it('where something else lies there that nobody knows of, however often it is said, and whenever a process of it died', async () => {
      const row = await w.rowOf();
      const wanted = {
        ...(w.there as object),
        environment: w.migrator.places.environment,
        organizationId: row.orgId,
        endpointId: row.id,
        portalAccountId: row.accountId,
      } as never;
      const tags = { TenantId: w.seed.orgId, Environment: w.migrator.places.environment, PortalType: w.seed.portal };
      const store = w.migrator.stores.forTenant(w.seed.orgId);
      const { version } = await store.create(wanted, new Secret('{"username":"strange","password":"strange"}'), tags);
      const stays = async (when: string) => expect((await store.read(wanted))?.version, when).toBe(version);
      await refused('store_conflict');
      await refused('store_conflict');
      await stays('said twice');
      for (const { at, when } of deaths(3)) {
        const process = mortal(w.migrator, { at, when });
        await codeOf(relocateEndpoint(process.migration, row, w.there, WHY));
        await w.leasesEnd();
        await refused('store_conflict');
        await stays(`${when} call ${at}`);
        if (!process.died()) break;
      }
      expect(await w.unnamed()).toEqual([]);
    });

    it('where the login is retired', async () => {
      const operator = openDatabase({ url: urlFor('rcm_operator', w.testEnvironment.url), applicationName: 'operator', maxConnections: 1 });
      await retireEndpoint(operator, w.seed.id, WHY);
      await operator.close();
      await refused('endpoint_retired');
    });

    it('where the row holds plaintext', async () => {
      await w.sql(`UPDATE integration_endpoint SET config = '{"credentials":{"username":"u","password":"p"}}' WHERE id = $1`, w.seed.id);
      await refused('row_edited');
    });

    it.each(['refuse', 'secrets-manager'])('where it does not fit, whatever becomes of large ones that are new (%s)', async (large) => {
      await w.move(w.other);
      await w.storeHere('x'.repeat(5_000), (await w.rowOf()).secretArn);
      await w.sql(`UPDATE integration_endpoint SET current_version = $1 WHERE id = $2`, (await stored(w.migrator, w.seed)).version, w.seed.id);
      w.migrator = w.testEnvironment.migrator({ RCM_LARGE_PAYLOADS: large });
      await refused('payload_too_large');
      expect((await w.unnamed()).filter(([, why]) => why === 'copy')).toEqual([]);
    });
  });
});
