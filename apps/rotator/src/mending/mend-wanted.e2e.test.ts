import { formatReference, type SecretStore, type TenantStores } from '@rcm/credentials';
import { wantCredentialSearch } from '@rcm/db/rotation';
import { RcmError } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { actsOn } from '../commands/login-acts.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { mendWanted } from './mend-wanted.ts';

let opened: RotatorEnvironment;
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: ['alpine', 'alpine'] })));
afterAll(() => opened?.close());

/** Of one secret nobody may read what is current. */
const refusing = (stores: TenantStores, secretArn: string): TenantStores => ({
  close: () => stores.close(),
  forTenant(orgId): SecretStore {
    const store = stores.forTenant(orgId);
    const read: SecretStore['read'] = (reference, options) =>
      formatReference(reference) === secretArn ? Promise.reject(new RcmError('store_denied', 'no right')) : store.read(reference, options);
    return { ...store, read };
  },
});

it('comes to every login that is to be searched, however many stand before it that cannot be', { timeout: 600_000 }, async () => {
  const [broken, other] = [opened.testEnvironment.endpoint('alpine-1'), opened.testEnvironment.endpoint('alpine-2')];
  for (const { orgId, id } of [broken, other]) await wantCredentialSearch(opened.rotator.db, { orgId, endpointId: id });
  const rotator = { ...opened.rotator, stores: refusing(opened.rotator.stores, broken.secretArn) };
  for (let round = 0; round < 2; round += 1) await mendWanted(rotator, { limit: 1, pauseMs: 0, signal: new AbortController().signal });
  expect(await actsOn(opened).triesOf(other)).toEqual(['accepted']);
  // The one that could not be searched is wanted still.
  expect(await opened.sql(`SELECT id FROM integration_endpoint WHERE search_wanted_at <= now()`, [])).toEqual([{ id: broken.id }]);
});
