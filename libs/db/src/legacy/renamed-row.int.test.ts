import { Secret } from '@rcm/telemetry';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '../endpoints/seed.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { type BackupCodeTaken, spendBackupCode } from '../ledger/backup-code.ts';
import { identityOf, openTestDatabase, PORTAL, printOf, secretOf, type TestDatabase } from '../testing.fixture.ts';
import { reserveTotpStep } from '../totp.ts';
import { recordMigrated } from './migrate.ts';
import { forgetName, nameRow } from './name-row.ts';
import { seenRow } from './row.fixture.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
  await upsertOrganization(t.db, { id: 'org', name: 'Org' });
  await upsertPortalType(t.db, { ...PORTAL, totpPeriodSeconds: 60 });
});
afterAll(() => t.close());

interface Place {
  readonly endpointId: string;
  readonly orgId: string;
}

/** A row that holds a login, with the name of its account. */
async function named(id: string): Promise<Place> {
  const config = new Secret({ credentials: { username: id, password: 'p' } });
  await insertEndpoint(t.db, { id, orgId: 'org', portalTypeCode: 'alpine', accountId: id, baseUrl: 'https://alpine.example/', config });
  const place = { endpointId: id, orgId: 'org' };
  await rename(place, null, id);
  return place;
}

const rename = async (place: Place, from: string | null, to: string): Promise<void> =>
  nameRow(t.migrator, {
    ...place,
    from: from === null ? null : identityOf(from),
    names: [{ id: identityOf(to), keyId: '1' }],
    row: await seenRow(t.migrator, place),
  });

async function spend(place: Place): Promise<BackupCodeTaken> {
  const answer = await acquireSharedLease(t.agent, { ...place, holder: 'web-agent@test:1', ttlMs: 600_000 });
  if (!answer.granted) throw new Error(answer.reason);
  try {
    return await spendBackupCode(t.agent, { ...place, leaseId: answer.lease.id, codes: ['one', 'two', 'three'].map((code) => [printOf(code)]) });
  } finally {
    await releaseLease(t.agent, { ...place, leaseId: answer.lease.id });
  }
}

const step = (account: string) => reserveTotpStep(t.agent, { orgId: 'org', loginIdentity: identityOf(account), periodSeconds: 60, skew: 1 });
const loginOf = async ({ endpointId }: Place): Promise<string | null> =>
  (await t.sql<{ login: string | null }>('SELECT login_identity AS login FROM integration_endpoint WHERE id = $1', [endpointId]))[0]?.login ?? null;

test('no code is typed again that was used before a migrator gave the row another name', async () => {
  const place = await named('renamed');
  expect(await spend(place)).toMatchObject({ taken: 0 });
  const first = await step('renamed');
  await rename(place, 'renamed', 'renamed-anew');
  expect(await loginOf(place)).toBe(identityOf('renamed-anew'));
  expect(await spend(place)).toMatchObject({ taken: 1 });
  const second = await step('renamed-anew');
  expect('step' in first && (!('step' in second) || second.step > first.step)).toBe(true);
});

test('nor one that was used before the row was moved under another name, or before a person wrote another one', async () => {
  const place = await named('moved');
  expect(await spend(place)).toMatchObject({ taken: 0 });
  const migrated = { ...place, secretArn: secretOf('org', 'moved'), version: '1', fingerprint: 'f', loginIdentity: identityOf('moved-anew') };
  expect(await recordMigrated(t.migrator, { ...migrated, row: await seenRow(t.migrator, place) })).toBe('recorded');
  expect(await spend(place)).toMatchObject({ taken: 1 });
  await t.sql(`INSERT INTO login_identity (id, key_id) VALUES ($1, '1')`, [identityOf('moved-by-hand')]);
  await t.sql('UPDATE integration_endpoint SET login_identity = $1 WHERE id = $2', [identityOf('moved-by-hand'), place.endpointId]);
  expect(await spend(place)).toMatchObject({ taken: 2 });
});

/** Begins every act while the rows are locked by somebody, waits until each waits for a lock, and lets them go on. */
async function allWhileLocked(places: readonly Place[], acts: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const holder = new pg.Client({ connectionString: t.url });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT FROM integration_endpoint WHERE id = ANY ($1) FOR UPDATE', [places.map(({ endpointId }) => endpointId)]);
    const running = Promise.allSettled(acts.map((act) => act()));
    const waiting = async () =>
      (await t.sql<{ n: number }>(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`))[0]?.n ??
      0;
    while ((await waiting()) < acts.length) await new Promise((resolve) => setTimeout(resolve, 20));
    await holder.query('COMMIT');
    return (await running).flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  } finally {
    await holder.end();
  }
}

test('two migrators that give two rows each the other’s name do not wait for each other', async () => {
  const [one, two] = [await named('crossed-one'), await named('crossed-two')];
  const failed = await allWhileLocked([one, two], [() => rename(one, 'crossed-one', 'crossed-two'), () => rename(two, 'crossed-two', 'crossed-one')]);
  expect(failed).toEqual([]);
  expect([await loginOf(one), await loginOf(two)]).toEqual([identityOf('crossed-two'), identityOf('crossed-one')]);
});

test('nor does one that takes an emptied row’s name away wait for one that gives it', async () => {
  const place = await named('emptied');
  await t.sql(`UPDATE integration_endpoint SET config = '{}' WHERE id = 'emptied'`);
  const failed = await allWhileLocked([place], [() => forgetName(t.migrator, place), () => rename(place, 'emptied', 'emptied-anew')]);
  expect(failed).toEqual([]);
});
