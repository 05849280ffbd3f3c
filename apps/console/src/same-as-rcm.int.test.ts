import { asSuperuser } from '@rcm/db/testing';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from './browser.fixture.ts';
import { runAtWork, wantedCode } from './story.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';
import { rcm, REASON } from './test-environment.fixture.ts';

/** What rcm asks and answers by rows of its own, too: the same rows, but for who it was and when. What a rotator does is compared in acts.e2e.test.ts and set.e2e.test.ts. */
let testEnvironment: TestEnvironment;
let w: TestConsole;
let browser: Browser;
let token: string;
beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: [] });
  w = await openTestConsole({ url: testEnvironment.databaseUrl });
  browser = await w.browser('all-operator');
  token = await browser.token();
});
afterAll(async () => {
  await w?.close();
  await testEnvironment?.close();
});

const rowsOf = <Row>(query: string): Promise<Row[]> => testEnvironment.db.transaction('every tenant', (tx) => tx.$queryRawUnsafe<Row[]>(query));
const post = async (path: string, fields: Readonly<Record<string, string>>): Promise<void> =>
  expect(await browser.post(path, { token, reason: REASON, ...fields }), path).toMatchObject({ status: 303 });
/** The events of one login, with what they say but for who, when, and which. */
const eventsOf = ({ id }: EnvironmentEndpoint) =>
  rowsOf(
    `SELECT action, reason, actor LIKE 'person:%' AS person, details - 'requestId' - 'signedIn' AS details FROM audit_event WHERE subject = '${id}' AND actor LIKE 'person:%' ORDER BY seq`,
  );

test('a password that is asked for, and taken back, leaves the same row, events and notification', async () => {
  const [byHand, byPage] = [await testEnvironment.addEndpoint('alpine'), await testEnvironment.addEndpoint('alpine')];
  const requestOf = async ({ id }: EnvironmentEndpoint) =>
    (await rowsOf<{ id: string }>(`SELECT id::text FROM login_request WHERE endpoint_id = '${id}'`))[0]?.id ?? '';
  await rcm(testEnvironment, ['break-glass', 'request', byHand.id, '--minutes', '20']);
  await post(`/o/${byPage.orgId}/logins/${byPage.id}/acts/break_glass`, { minutes: '20' });
  const rows = async (at: EnvironmentEndpoint) => [
    await rowsOf(
      `SELECT kind, minutes, reason, needs_second, actor LIKE 'person:%' AS person, decision, taken_at, outcome, withdrawal_reason FROM login_request WHERE endpoint_id = '${at.id}'`,
    ),
    await rowsOf(`SELECT kind, detail, ended_at IS NOT NULL AS over FROM notice WHERE endpoint_id = '${at.id}'`),
    await eventsOf(at),
  ];
  const asked = await rows(byPage);
  expect(asked).toEqual(await rows(byHand));
  expect(asked.map(({ length }) => length)).toEqual([1, 1, 1]);
  await rcm(testEnvironment, ['break-glass', 'withdraw', await requestOf(byHand)]);
  await post(`/o/${byPage.orgId}/requests/${await requestOf(byPage)}/acts/withdraw`, {});
  const withdrawn = await rows(byPage);
  expect(withdrawn).toEqual(await rows(byHand));
  expect(withdrawn).toMatchObject([[{ outcome: 'withdrawn', withdrawal_reason: REASON }], [{ over: true }], [{}, { action: 'approval.withdrawn' }]]);
});

test('a code that is answered leaves the same row and event', async () => {
  const [byHand, byPage] = [await testEnvironment.addEndpoint('alpine'), await testEnvironment.addEndpoint('alpine')];
  const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
  await asSuperuser(testEnvironment.databaseUrl, [wantedCode(one, byHand.orgId, byHand.id), wantedCode(other, byPage.orgId, byPage.id)]);
  await rcm(testEnvironment, ['codes', 'answer', one], '730116\n');
  await post(`/o/${byPage.orgId}/codes/${other}/acts/answer`, { code: '730 116' });
  const rows = async (id: string, at: EnvironmentEndpoint) => [
    await rowsOf(
      `SELECT octet_length(sealed) AS length, answered_by LIKE 'person:%' AS person, answered_at IS NOT NULL AS answered, taken_at, ended_at FROM code_request WHERE id = '${id}'`,
    ),
    await eventsOf(at),
  ];
  const answered = await rows(other, byPage);
  expect(answered).toEqual(await rows(one, byHand));
  expect(answered).toMatchObject([[{ length: 256, person: true }], [{ action: 'code.answered', reason: REASON }]]);
});

test('a run of the migrator that is to stop, and copies outside that are dealt with, leave the same rows and events', async () => {
  await asSuperuser(testEnvironment.databaseUrl, [
    `SELECT set_config('app.tenant_id', '*', false)`,
    ...[4_001, 4_002].map((id) => runAtWork(id)),
    `INSERT INTO storage_outside (kind, found_at) VALUES ('base_backups', now()), ('standbys', now())`,
  ]);
  const events = (subject: string) =>
    rowsOf(
      `SELECT org_id, action, reason, actor LIKE 'person:%' AS person, details - 'signedIn' AS details FROM audit_event WHERE subject = '${subject}' ORDER BY org_id`,
    );
  const run = async (id: number) => [
    await rowsOf(
      `SELECT to_jsonb(r) - 'id' - 'stop_asked_by' - 'stop_asked_at' - 'started_at' - 'seen_at' AS row, stop_asked_by LIKE 'person:%' AS person, stop_asked_at IS NOT NULL AS asked FROM migration_run r WHERE id = ${id}`,
    ),
    await events(`run ${id}`),
  ];
  await rcm(testEnvironment, ['migrate', 'stop', '4001']);
  await browser.post('/all/migration/runs/4002/acts/stop', { token, reason: REASON });
  const stopped = await run(4_002);
  expect(stopped).toEqual(await run(4_001));
  expect(stopped).toMatchObject([[{ person: true, asked: true, row: { stop_reason: REASON } }], [{ action: 'migration.stop_asked', reason: REASON }]]);
  const outside = async (kind: string) => [
    await rowsOf(
      `SELECT to_jsonb(s) - 'kind' - 'dealt_with_by' - 'dealt_with_at' - 'found_at' AS row, dealt_with_by LIKE 'person:%' AS person, dealt_with_at > found_at AS dealt FROM storage_outside s WHERE kind = '${kind}'`,
    ),
    await events(kind),
  ];
  await rcm(testEnvironment, ['migrate', 'dealt-with', 'standbys']);
  await browser.post('/all/migration/outside/base_backups/acts/dealt-with', { token, reason: REASON });
  const dealt = await outside('base_backups');
  expect(dealt).toEqual(await outside('standbys'));
  expect(dealt).toMatchObject([[{ person: true, dealt: true, row: { reason: REASON } }], [{ action: 'storage.dealt_with', reason: REASON }]]);
});
