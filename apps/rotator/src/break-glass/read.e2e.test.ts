import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parseReference, parsePayload } from '@rcm/credentials';
import { askAct, decideAct } from '@rcm/db/acts';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAtTerminal, runRotator } from '../process.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';

const BACK = '\u001b[2J\u001b[?1049l';
let opened: RotatorEnvironment;
let environment: Record<string, string>;
/** Whoever runs commands here, as the platform signs them in. */
let me: string;
/** Somebody else who signs in where I do. */
let john: string;

beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  environment = {
    ...opened.testEnvironment.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: opened.testEnvironment.aws.tenantRoleArn('rotator'),
    RCM_LOG_LEVEL: 'error',
  };
  const at = await opened.testEnvironment.addEndpoint('alpine');
  expect((await runRotator(['logged-in', '--endpoint', at.id, '--reason', 'who am I'], environment)).code).toBe(0);
  [{ actor: me } = { actor: '' }] = await opened.sql<{ actor: string }>(`SELECT actor FROM audit_event WHERE subject = $1 AND reason = 'who am I'`, [at.id]);
  john = `${me}-john`;
});
afterAll(() => opened?.close());

async function requested(at: EnvironmentEndpoint, given: { readonly approved?: boolean; readonly asker?: string } = {}): Promise<string> {
  const { id: endpointId, orgId } = at;
  const { approved = true, asker } = given;
  const actor = asker === undefined ? me : `${me}-${asker}`;
  const { id } = await askAct(opened.testEnvironment.db, { orgId, endpointId, kind: 'break_glass', minutes: 10, actor, reason: 'no agent gets in' });
  if (approved) await decideAct(opened.testEnvironment.db, { id, orgId, decision: 'approved', actor: john, reason: 'spoke to her' });
  return id;
}
const rowOf = async (id: string) =>
  (
    await opened.sql<{ taken: boolean; outcome: string | null; code: string | null; due: boolean | null }>(
      `SELECT r.taken_at IS NOT NULL AS taken, r.outcome, r.code, e.next_rotation_at <= r.decided_at + interval '10 minutes' AS due
         FROM login_request r JOIN integration_endpoint e ON e.id = r.endpoint_id WHERE r.id = $1::uuid`,
      [id],
    )
  )[0];
async function secretOf({ orgId, secretArn }: EnvironmentEndpoint): Promise<{ readonly username: string; readonly password: string }> {
  const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(secretArn));
  if (!current) throw new Error('the secret is gone');
  return parsePayload(current.text).reveal();
}
/** Every row of every table, as text. */
async function everything(): Promise<string> {
  const tables = await opened.sql<{ name: string }>(`SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`, []);
  const texts: string[] = [];
  for (const { name } of tables) texts.push(JSON.stringify(await opened.sql(`SELECT to_jsonb(t)::text AS row FROM ${name} t`, [])));
  return texts.join('\n');
}

test(
  'shows the password once, after people were told, and leaves nothing of it: neither on the terminal nor in the database',
  { timeout: 600_000 },
  async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    const { username, password } = await secretOf(at);
    const id = await requested(at);
    // The channel takes its time: until it has taken the notification, nothing is shown.
    let take = (): void => {};
    const told: string[] = [];
    const server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => told.push(chunk.toString()));
      take = () => {
        take = () => {};
        response.writeHead(204).end();
      };
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const webhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      const run = runAtTerminal(['break-glass', id], {
        ...environment,
        RCM_NOTICE_WEBHOOK_URL: webhook,
        RCM_NOTICE_WEBHOOK_KEY: 'k'.repeat(32),
        RCM_NOTICE_DEADLINE_MS: '300000',
      });
      while (!told.join('').includes('secret_read')) {
        // Notifications of the tests before go first.
        take();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(run.output()).not.toContain(password);
      expect(await rowOf(id)).toEqual({ taken: true, outcome: null, code: null, due: true });
      expect(await opened.audit('secret.shown', at.id)).toMatchObject([
        { actor: me, reason: 'no agent gets in', details: { requestId: id, approvedBy: john, minutes: 10 } },
      ]);
      take();
      await run.shows('Enter ends it');
      expect(run.output()).toContain(password);
      expect(run.output()).toContain(username);
      expect(run.output()).not.toContain(BACK);
      run.type('\n');
      expect(await run.ended).toBe(0);
      const after = run.output().slice(run.output().indexOf(BACK));
      expect(after).toContain('was shown once');
      expect(after).not.toContain(password);
      expect(await rowOf(id)).toEqual({ taken: true, outcome: 'done', code: null, due: true });
      expect(told.join('')).not.toContain(password);
      expect(await everything()).not.toContain(password);
      const again = runAtTerminal(['break-glass', id], environment);
      expect(await again.ended).toBe(1);
      expect(again.output()).toContain('read already');
      expect(again.output()).not.toContain(password);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
);

test('where nobody can be told, nothing is shown, and the request says so', { timeout: 600_000 }, async () => {
  const at = await opened.testEnvironment.addEndpoint('alpine');
  const { password } = await secretOf(at);
  const id = await requested(at);
  const nowhere = { RCM_NOTICE_WEBHOOK_URL: 'http://127.0.0.1:9/', RCM_NOTICE_WEBHOOK_KEY: 'k'.repeat(32), RCM_NOTICE_DEADLINE_MS: '1000' };
  const run = runAtTerminal(['break-glass', id], { ...environment, ...nowhere });
  expect(await run.ended).toBe(1);
  expect(run.output()).toContain('Nobody could be told');
  expect(run.output()).not.toContain(password);
  expect(await rowOf(id)).toEqual({ taken: true, outcome: 'failed', code: 'deadline_exceeded', due: true });
});

test.each<[string, { readonly approved?: boolean; readonly asker?: string }, string]>([
  ['nobody has approved it', { approved: false }, 'No second person'],
  ['somebody else has asked for it', { asker: 'jane' }, 'Somebody else'],
])('where %s, nothing is shown and nothing has happened', { timeout: 600_000 }, async (_, given, words) => {
  const at = await opened.testEnvironment.addEndpoint('alpine');
  const { password } = await secretOf(at);
  const id = await requested(at, given);
  const run = runAtTerminal(['break-glass', id], environment);
  expect(await run.ended).toBe(1);
  expect(run.output()).toContain(words);
  expect(run.output()).not.toContain(password);
  expect(await rowOf(id)).toMatchObject({ taken: false, outcome: null });
  expect(await opened.audit('secret.shown', at.id)).toEqual([]);
});

test('a pipe is no terminal: nothing is shown, and the request is still open', { timeout: 600_000 }, async () => {
  const at = await opened.testEnvironment.addEndpoint('alpine');
  const { password } = await secretOf(at);
  const id = await requested(at);
  const end = await runRotator(['break-glass', id], environment);
  expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('at a terminal alone') as string]);
  expect(end.stdout + end.stderr).not.toContain(password);
  expect(await rowOf(id)).toMatchObject({ taken: false });
});
