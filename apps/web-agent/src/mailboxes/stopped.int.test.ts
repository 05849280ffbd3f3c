import { endCodeTurn } from '@rcm/db/codes';
import { asSuperuser, urlFor } from '@rcm/db/testing';
import { compileCache } from '@rcm/test-services';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TASK_KEY } from '../http/api.fixture.ts';
import { type AgentProcess, startAgent } from '../process.fixture.ts';
import { IDENTITY_KEY, later, type MailEnvironment, openMailEnvironment, type TestMailbox } from './mail-environment.fixture.ts';

let w: MailEnvironment;
let folder: string;
let agents: AgentProcess[] = [];
let absent: string | null = null;
beforeAll(async () => {
  const opened = await openMailEnvironment();
  if ('absent' in opened) absent = opened.absent;
  else w = opened;
  folder = mkdtempSync(join(tmpdir(), 'rcm-mailboxes-'));
});
beforeEach(({ skip }) => skip(absent !== null, absent ?? ''));
afterAll(async () => {
  for (const agent of agents) agent.signal('SIGKILL');
  await Promise.all(agents.map((agent) => agent.ended()));
  await w?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A web-agent as it is deployed, which reads one mailbox. */
async function agent({ host, port, ca, user, secret, authservId, afterwards }: TestMailbox): Promise<AgentProcess> {
  const file = join(folder, `${user}.json`);
  writeFileSync(file, JSON.stringify({ codes: { host, port, ca, user, password_file: secret.file, authserv_id: authservId, afterwards } }));
  const started = await startAgent({
    ...compileCache(),
    ...{ PATH: process.env.PATH, RCM_ALLOW_ROOT: 'yes', RCM_BROWSER_SANDBOX: 'off', RCM_ENVIRONMENT: 'test', RCM_IDENTITY_KEY: IDENTITY_KEY },
    ...{ RCM_DATABASE_URL: urlFor('rcm_agent', w.testEnvironment.url), RCM_TASK_KEYS: 'file', RCM_TASK_KEY: TASK_KEY, RCM_TASK_KEY_ID: 'test' },
    ...{ RCM_INBOUND_MAILBOXES_FILE: file, RCM_LOG_LEVEL: 'trace' },
    ...{ RCM_AWS_REGION: 'us-east-1', RCM_AWS_ACCOUNT_ID: '123456789012', RCM_KMS_KEY_ID: 'alias/rcm' },
    RCM_TENANT_ROLE_ARN: 'arn:aws:iam::123456789012:role/rcm-agent-tenant',
  });
  agents = [...agents, started];
  return started;
}
const reads = async (one: AgentProcess): Promise<void> => {
  while (!one.output().includes('a mailbox is read"')) await later();
};
/** Until a session of Postgres waits for a lock that a mail’s way needs: the mail is fetched, and not handed over. */
async function atHandOver(): Promise<void> {
  for (;;) {
    const [row] = await w.testEnvironment.owner.transaction(
      'no tenant',
      (tx) => tx.$queryRaw<{ waits: boolean }[]>`
        SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%rcm_answer_lasting_code%') AS waits`,
    );
    if (row?.waits) return;
    await later();
  }
}

it.each(['SIGKILL', 'SIGSTOP'] as const)(
  'a mail whose reader got %s between fetching it and handing it over counts once, by another reader',
  async (signal) => {
    const box = await w.mailbox('delete');
    const first = await agent(box);
    await reads(first);
    const login = await w.asked('one', box.address());
    const code = w.newCode();
    const hold = Promise.withResolvers<void>();
    const holding = w.testEnvironment.owner.transaction('every tenant', async (tx) => {
      await tx.$queryRaw`SELECT id::text FROM code_request WHERE id = ${login.requestId}::uuid FOR UPDATE`;
      await hold.promise;
    });
    await w.send({ ...box.address(), code });
    await atHandOver();
    first.signal(signal);
    // What the process has asked for is undone with its session, as where it died, or where its server gave it up.
    await asSuperuser(w.testEnvironment.url, [
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%rcm_answer_lasting_code%' AND wait_event_type = 'Lock'`,
      // As if a minute had gone by.
      'UPDATE mailbox_turn SET turn_until = clock_timestamp()',
    ]);
    hold.resolve();
    await holding;
    const second = await agent(box);
    expect(await w.answered(login)).toBe(code);
    await endCodeTurn(w.testEnvironment.db, login);
    const next = await w.asked('two', box.address());
    if (signal === 'SIGSTOP') first.signal('SIGCONT');
    const own = w.newCode();
    await w.send({ ...box.address(), code: own });
    expect(await w.answered(next)).toBe(own);
    // The first has seen that it has no turn any more, or is dead.
    while (signal === 'SIGSTOP' && !/a mailbox (cannot be read|is read by another process)/.test(first.output())) await later();
    expect(await next.taken()).toBeNull();
    for (const one of [first, second]) one.signal('SIGTERM');
    await Promise.all([first.ended(), second.ended()]);
    for (const one of [first, second]) for (const text of [code, own, box.user, 'mailbox-password']) expect(one.output()).not.toContain(text);
    expect((await w.server.mailsOf(box.user)).map(({ text }) => text)).toEqual([]);
  },
);
