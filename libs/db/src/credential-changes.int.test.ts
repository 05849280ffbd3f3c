import { afterAll, beforeAll, expect, test } from 'vitest';
import { followStoreVersion } from './endpoints/follow.ts';
import { type CredentialChange, listenForCredentialChanges } from './credential-changes.ts';
import { listCurrentVersions } from './credential-changes-missed.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase } from './testing.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

test('a new current version is heard of by name; after a lost connection a gap is told and listening goes on', async () => {
  const endpoint = await makeEndpoint(t.db);
  const heard: CredentialChange[] = [];
  let gaps = 0;
  const listener = await listenForCredentialChanges(t.db, {
    onChange: (change) => heard.push(change),
    onGap: () => (gaps += 1),
    signal: new AbortController().signal,
  });
  await followStoreVersion(t.db, { ...endpoint, from: '1', to: '2' });
  const { endpointId, orgId, secretArn } = endpoint;
  await expect.poll(() => heard, { timeout: 20_000 }).toEqual([{ endpointId, orgId, secretArn, version: '2' }]);
  await t.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%listener' AND datname = current_database()`);
  await expect.poll(() => gaps, { timeout: 20_000 }).toBe(1);
  await t.sql(`SELECT pg_notify('rcm_credential_changed', 'not json')`);
  await followStoreVersion(t.db, { ...endpoint, from: '2', to: '3' });
  await expect.poll(() => heard.map((change) => change.version), { timeout: 20_000 }).toEqual(['2', '3']);
  await listener.close();
});

test('who could not listen at first is told of the gap as well', async () => {
  const heard: boolean[] = [];
  let gaps = 0;
  let url = 'postgresql://nobody@127.0.0.1:1/none';
  const listener = await listenForCredentialChanges(
    // Read at each try: the database comes up later.
    Object.defineProperty({ applicationName: 'late', directUrl: '' }, 'directUrl', { get: () => url }),
    { onChange: () => {}, onGap: () => (gaps += 1), onListening: (isListening) => heard.push(isListening), signal: new AbortController().signal },
  );
  expect([gaps, heard]).toEqual([0, []]);
  url = t.url;
  await expect.poll(() => gaps, { timeout: 30_000 }).toBe(1);
  await listener.close();
  expect(heard).toEqual([true, false]);
});

test('the versions of now, of one organization and of what it asks for only', async () => {
  const [mine, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
  const { orgId, endpointId, secretArn } = mine;
  await followStoreVersion(t.db, { ...mine, from: '1', to: '9' });
  expect(await listCurrentVersions(t.db, { orgId, secretArns: [secretArn, other.secretArn, 'arn:aws:ssm:nowhere'] })).toEqual([
    { endpointId, secretArn, version: '9' },
  ]);
  expect(await listCurrentVersions(t.db, { orgId, secretArns: [] })).toEqual([]);
});

test('without Postgres it keeps trying in the background and stops at once when told to', async () => {
  const stop = new AbortController();
  const listener = await listenForCredentialChanges(
    { directUrl: 'postgresql://nobody@127.0.0.1:1/none', applicationName: 'x' },
    { onChange: () => {}, onGap: () => {}, signal: stop.signal },
  );
  stop.abort();
  await listener.close();
});
