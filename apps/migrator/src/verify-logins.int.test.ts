import { parseReference } from '@rcm/credentials';
import { type Database, openDatabase } from '@rcm/db';
import { endAct, listAskedActs, takeActs, withdrawAct } from '@rcm/db/acts';
import { urlFor } from '@rcm/db/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { resolve } from './commands/resolve.ts';
import { verifyWithLogins } from './commands/verify-logins.ts';
import { hirePerson } from './person.fixture.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, stored, type TestEnvironment } from './testing.fixture.ts';

const ACT = { actor: 'person:os:jane', reason: 'before the scrub' };
const PATIENCE = { beginMs: 60_000, endMs: 120_000 };
const IMPATIENT = { beginMs: 1, endMs: 2 };

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let rotator: Database;
let planted: readonly Seed[];

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
  rotator = openDatabase({ url: urlFor('rcm_rotator', testEnvironment.url), applicationName: 'rotator', maxConnections: 2 });
  planted = seeds(12);
  await plant(testEnvironment.db, planted);
  await decided('allowed');
  await apply(migrator);
});
afterEach(async () => {
  await rotator.close();
  await testEnvironment.close();
});

const sql = (statement: string) => testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(statement));
const decided = (automation: string, code = '%') =>
  testEnvironment.db.transaction('every tenant', async (tx) => {
    await tx.$executeRaw`SELECT set_config('app.reason', 'a test', true)`;
    await tx.$executeRaw`
      UPDATE portal_type SET automation = ${automation}, terms_version = '1', terms_date = now(), automation_decided_by = 'person:os:jane' WHERE code LIKE ${code}`;
  });
const verifying = (count: number, patience = PATIENCE, migration = migrator) => verifyWithLogins(migration, { count, patience, ...ACT });
const asked = () =>
  testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ id: string; portal: string; kind: string; actor: string; reason: string }[]>`
    SELECT r.endpoint_id AS id, e.portal_type_code AS portal, r.kind, r.actor, r.reason FROM login_request r JOIN integration_endpoint e ON e.id = r.endpoint_id ORDER BY 1`,
  );

/** Does as a rotator does with each question, until `work` is done. */
async function beside<T>(codeOf: (endpointId: string) => string | null, work: Promise<T>): Promise<T> {
  let done = false;
  const end = work.finally(() => void (done = true));
  // Whoever asked is told at the end of the loop.
  end.catch(() => undefined);
  while (!done) {
    for (const { id, orgId, endpointId } of await takeActs(rotator, { takenBy: 'rotator', limit: 5 })) {
      if (endpointId === null) throw new Error('a migrator asks of one login');
      const code = codeOf(endpointId);
      await endAct(rotator, { id, orgId, outcome: code === null ? 'done' : 'failed', code, words: 'as the portal said' });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return end;
}

it('asks a rotator for a sample over all portal types, one login of an account at most, and tells how each ended', async () => {
  const report = await beside(() => null, verifying(6));
  expect(report).toMatchObject({ complete: true, json: { verified: 12, logins: { wanted: 6, chosen: 6, accepted: 6, refused: [], notTried: [] } } });
  const questions = await asked();
  expect(questions.map(({ portal }) => portal).toSorted()).toEqual(['alpine', 'alpine', 'borealis', 'borealis', 'cascade', 'cascade']);
  expect(new Set(questions.map(({ id }) => id)).size).toBe(6);
  for (const question of questions) expect(question).toMatchObject({ kind: 'verify', ...ACT });
});

it('is not complete when one was refused, and says which and why', async () => {
  const refusing = planted[0]?.id;
  const report = await beside((id) => (id === refusing ? 'login_rejected' : null), verifying(12));
  expect(report).toMatchObject({
    complete: false,
    json: { logins: { accepted: 11, refused: [{ endpointId: refusing, code: 'login_rejected', reason: 'as the portal said' }], notTried: [] } },
  });
});

it('counts as not tried what the ledger, the portal’s hours or another’s question stood in the way of', async () => {
  const codes = ['login_not_allowed', 'portal_unavailable', 'login_throttled'];
  const report = await beside((id) => codes[Number(id.slice(-2)) % 4] ?? null, verifying(12));
  expect(report).toMatchObject({ complete: true, json: { logins: { accepted: 3, refused: [] } } });
  expect((report.json as { logins: { notTried: object[] } }).logins.notTried).toHaveLength(9);
});

/** Whoever has asked takes the first question back, as the console does it. */
async function withdrawFirst(): Promise<void> {
  const page = openDatabase({ url: urlFor('rcm_console', testEnvironment.url), applicationName: 'console', maxConnections: 1 });
  try {
    for (;;) {
      const [question] = await asked();
      const seed = planted.find(({ id }) => id === question?.id);
      if (seed) {
        const [act] = await listAskedActs(page, { orgId: seed.orgId, endpointId: seed.id, limit: 1 });
        return void (await withdrawAct(page, { id: act?.id ?? '', orgId: seed.orgId, ...ACT }));
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    await page.close();
  }
}

it('waits no longer for a question that was withdrawn in the console, and says so', async () => {
  const [report] = await Promise.all([verifying(1), withdrawFirst()]);
  expect(report).toMatchObject({ complete: false, end: 'done', json: { logins: { chosen: 1, accepted: 0, refused: [] } } });
  const { notTried } = (report.json as { logins: { notTried: object[] } }).logins;
  expect(notTried).toMatchObject([{ code: 'withdrawn', reason: 'The question was withdrawn before a rotator took it, so no login was made.' }]);
});

it('tries no account against which anything counts, whose rotation is open, or that another endpoint has had tried', async () => {
  const [failed, late, rotating, twin, other] = planted.map(({ id }) => id);
  await sql(`INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect)
             SELECT login_identity, org_id, id, gen_random_uuid(), 'agent', '1', now() - interval '1 minute', now(), 'rejected', 'bad' FROM integration_endpoint WHERE id = '${failed}'`);
  await sql(`INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at)
             SELECT login_identity, org_id, id, gen_random_uuid(), 'agent', '1', now() FROM integration_endpoint WHERE id = '${late}'`);
  await sql(`INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash)
             SELECT gen_random_uuid(), login_identity, org_id, id, portal_type_code, 'planned', 1, 'rotator', 'due', secret_arn, '1', 'h' FROM integration_endpoint WHERE id = '${rotating}'`);
  await sql(`UPDATE integration_endpoint SET login_identity = (SELECT login_identity FROM integration_endpoint WHERE id = '${other}') WHERE id = '${twin}'`);
  await decided('forbidden', 'cascade');
  await beside(() => null, verifying(12));
  const ids = (await asked()).map(({ id }) => id);
  for (const left of [failed, late, rotating]) expect(ids).not.toContain(left);
  expect(ids.filter((id) => id === twin || id === other)).toHaveLength(1);
  expect((await asked()).filter(({ portal }) => portal === 'cascade')).toEqual([]);
});

it('stays inside its filters', async () => {
  await beside(() => null, verifying(12, PATIENCE, { ...migrator, filter: { orgId: 'north-1' } }));
  expect((await asked()).map(({ id }) => id)).toEqual(planted.filter(({ orgId }) => orgId === 'north-1').map(({ id }) => id));
});

it('asks no further once no rotator takes one, and proves nothing by that', async () => {
  const report = await verifying(12, IMPATIENT);
  expect(report).toMatchObject({ complete: false, end: 'stopped', json: { logins: { chosen: 12, accepted: 0, refused: [] } } });
  expect((await asked()).length).toBeLessThanOrEqual(4);
});

/** A migrator that is asked to stop once so many logins were asked for. */
function stoppedAfter(questions: number): OpenMigration {
  const stop = new AbortController();
  const migration = testEnvironment.migrator({}, { stopping: stop.signal });
  const look = async () => {
    if ((await asked()).length >= questions) stop.abort();
    else if (!stop.signal.aborted) setTimeout(() => void look(), 20);
  };
  void look();
  return migration;
}

/** A rotator that makes the first login that it is asked for, and is gone. */
async function answerFirst(): Promise<void> {
  for (;;) {
    const [act] = await takeActs(rotator, { takenBy: 'rotator', limit: 1 });
    if (act) return endAct(rotator, { id: act.id, orgId: act.orgId, outcome: 'done', code: null, words: 'as the portal said' });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it('is asked to stop while it waits for answers: what is known is told, and it is not done', async () => {
  const [report] = await Promise.all([verifying(12, PATIENCE, stoppedAfter(5)), answerFirst()]);
  expect(report).toMatchObject({ complete: false, end: 'stopped', json: { verified: 12, logins: { chosen: 12, accepted: 1, refused: [] } } });
  const { notTried } = (report.json as { logins: { notTried: { code: string }[] } }).logins;
  expect(notTried.map(({ code }) => code)).toEqual(['cancelled', 'cancelled', 'cancelled', 'cancelled']);
});

it.each(['row', 'store'] as const)(
  'a stop while the login that proves the %s is waited for: nothing is changed, or where the other one is kept is told',
  async (take) => {
    const person = hirePerson(testEnvironment);
    const seed = planted[0] as Seed;
    await person.types(seed, 'typed');
    await person.close();
    const before = [await rowText(seed), (await stored(migrator, seed)).text];
    const end = resolve(stoppedAfter(1), { endpointId: seed.id, seen: '1', proof: 'login', patience: PATIENCE, ...ACT, take });
    if (take === 'store') {
      await expect(end).rejects.toMatchObject({ code: 'login_not_allowed', message: expect.stringContaining('(cancelled)') as string });
      expect([await rowText(seed), (await stored(migrator, seed)).text]).toEqual(before);
      return;
    }
    const { complete, json } = await end;
    expect([complete, json.login]).toEqual([false, { is: 'not_tried', code: 'cancelled' }]);
    expect((await stored(migrator, seed)).text).toContain('"password":"typed"');
    expect((await migrator.stores.forTenant(seed.orgId).read(parseReference(String(json.kept))))?.text.reveal()).toBe(before[1]);
  },
);

it('a choice between row and store is proved before the row is touched, or after the store has it', async () => {
  const person = hirePerson(testEnvironment);
  const seed = planted[0] as Seed;
  await person.types(seed, 'typed');
  await person.close();
  const call = { endpointId: seed.id, seen: '1', proof: 'login', patience: PATIENCE, ...ACT } as const;
  const before = await rowText(seed);
  await expect(beside(() => 'login_rejected', resolve(migrator, { ...call, take: 'store' }))).rejects.toMatchObject({ code: 'login_rejected' });
  await expect(resolve(migrator, { ...call, take: 'store', patience: IMPATIENT })).rejects.toMatchObject({ code: 'login_not_allowed' });
  expect(await rowText(seed)).toBe(before);
  await sql('DELETE FROM login_request');
  const refused = await beside(() => 'login_rejected', resolve(migrator, { ...call, take: 'row' }));
  expect(refused).toMatchObject({ complete: false, json: { login: { is: 'refused', code: 'login_rejected' } } });
  expect(await beside(() => null, resolve(migrator, { ...call, take: 'row' }))).toMatchObject({ complete: true, json: { login: { is: 'accepted' } } });
  expect((await stored(migrator, seed)).text).toContain('"password":"typed"');
});

const rowText = async ({ id }: Seed): Promise<string | undefined> =>
  (
    await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ text: string }[]>`SELECT config::text AS text FROM integration_endpoint WHERE id = ${id}`,
    )
  )[0]?.text;
