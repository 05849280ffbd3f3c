import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { generateAgeIdentity } from '@rcm/credentials/backup';
import { GUARDIAN_ROLE } from '@rcm/credentials/policies';
import { createMetrics, type HealthServer, startHealthServer } from '@rcm/telemetry';
import { asRoot, compileCache, isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeAuditHeads } from './audit-heads.fixture.ts';
import { openPerson, type Person } from './person.fixture.ts';
import { runbookPages } from './runbook-pages.fixture.ts';

const TIMEOUT_MS = 1_800_000;
const TYPED = 'Typed-By-Person-77';
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** How a page's situation comes about and ends where a command of the page does not end it; `at`: what happens outside before a command. */
interface Situation {
  make?(): Promise<unknown>;
  readonly at?: Readonly<Record<string, () => Promise<unknown>>>;
  mend?(): Promise<unknown>;
  /** Of the page's first command, which sees that something is not well. */
  readonly firstEnds?: number;
}

let person: Person;
let health: HealthServer;
let login: string;
const task = randomUUID();
let isWell = true;
let backup = '';
let identity: string;
const ran = new Set<string>();
/** Those that said that a page is over. */
const ended = new Set<string>();
const sql = (text: string) => person.testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(text));
const account = () => {
  const { portal, username } = person.testEnvironment.endpoint(login);
  return { portal, username };
};
const verify = () => run('rcm login verify "$LOGIN" --reason "$WHY"');

/** The guardian's act, as local-aws lets its base user do it. */
async function deleteSecret(): Promise<void> {
  const { endpoint, region, taskCredentials } = person.testEnvironment.aws;
  const guardian = new SSMClient({ endpoint, region, credentials: taskCredentials(GUARDIAN_ROLE) });
  await guardian.send(new DeleteParameterCommand({ Name: person.testEnvironment.endpoint(login).secretArn.replace(/^.*:parameter/, '') }));
  guardian.destroy();
}

const SITUATIONS: Readonly<Record<string, Situation>> = {
  'account-locked': {
    async make() {
      await verify();
      await person.testEnvironment.portals.mistype(account(), 10);
      await verify();
    },
    at: { 'rcm login unlocked': () => person.testEnvironment.portals.unlock(account()) },
    firstEnds: 1,
  },
  'login-refused': {
    async make() {
      // Somebody has changed it by hand.
      await person.testEnvironment.portals.createAccount({ ...account(), password: TYPED });
      await verify();
    },
    firstEnds: 1,
  },
  'rotations-late': {
    make: () =>
      sql(`UPDATE portal_type SET password_expires_days = 60; `).then(() =>
        sql(`UPDATE integration_endpoint SET last_rotated_at = now() - interval '58 days', next_rotation_at = now() - interval '2 days'`),
      ),
    mend: () => sql(`UPDATE portal_type SET password_expires_days = NULL`),
  },
  'portal-changed': {
    make: () =>
      sql(`INSERT INTO portal_gate (portal_type_code, opened_at, cause, detail) VALUES ('alpine', clock_timestamp(), 'page_changed', 'several did not get through')
           ON CONFLICT (portal_type_code) DO UPDATE SET opened_at = excluded.opened_at, cause = excluded.cause, detail = excluded.detail, closed_at = NULL, closed_by = NULL`),
    firstEnds: 1,
  },
  'callbacks-given-up': {
    make: () =>
      sql(`WITH ended AS (
             INSERT INTO portal_task (id, org_id, endpoint_id, name, state, callback, started_at, finished_at)
               VALUES ('${task}', '${person.testEnvironment.orgId}', '${login}', 'claim_status', 'succeeded', 'claims', now(), now()) RETURNING *)
           INSERT INTO task_callback (task_id, org_id, name, ended_at, tries, given_up_at, last_error) SELECT id, org_id, callback, finished_at, 24, now(), 'failed 503' FROM ended`),
    firstEnds: 1,
  },
  'store-down': {
    make: async () => person.testEnvironment.aws.setFaults({ match: 'ssm', kind: 'down' }),
    at: { 'rcm resume': async () => person.testEnvironment.aws.setFaults([]) },
    firstEnds: 1,
  },
  'copies-behind': {
    async make() {
      await person.testEnvironment.addEndpoint('alpine', 'secrets-manager');
      person.testEnvironment.replica?.setFaults({ match: 'ssm', kind: 'down' });
    },
    firstEnds: 1,
    mend: async () => person.testEnvironment.replica?.setFaults([]),
  },
  'secrets-gone': {
    async make() {
      const { output } = await run('rcm backup --out "$BACKUPS" --org "$ORG" --reason "$WHY" --json 2> /dev/null');
      backup = (JSON.parse(output) as { readonly files: readonly { readonly file: string }[] }).files[0]?.file ?? '';
      await deleteSecret();
      expect(await run('rcm login verify "$LOGIN" --reason "$WHY"')).toMatchObject({ code: 1 });
    },
  },
  'backup-old': {
    make: () =>
      sql(`INSERT INTO backup_run (began_at, place, organizations, logins, copies, missing) VALUES (now() - interval '40 hours', '/backups', 1, 5, 0, 0)`),
    firstEnds: 1,
  },
  'console-failing': {
    make: async () => void (isWell = false),
    at: { 'rcm overview': async () => void (isWell = true) },
  },
  'process-gone': {
    make: async () => void (isWell = false),
    at: { 'rcm recover': async () => void (isWell = true) },
  },
};

beforeAll(async () => {
  // More tries than a page costs: what is tried here is no budget.
  person = await openPerson({ endpoints: [], portalType: { propagationDelayMs: 200, lockoutThreshold: 8 }, secondRegion: true });
  const heads = makeAuditHeads(person);
  health = await startHealthServer({ port: 0, metrics: createMetrics(), checks: { process: () => (isWell ? null : 'It waits for its database.') } });
  const kept = await generateAgeIdentity();
  identity = join(person.folder, 'identity.txt');
  writeFileSync(identity, `${kept.identity.reveal()}\n`, { mode: 0o600 });
  Object.assign(person, {
    environment: {
      ...person.environment,
      ...heads.environment,
      RCM_BACKUP_RECIPIENTS: kept.recipient,
      RCM_OWNER_DATABASE_URL: person.testEnvironment.databaseUrl,
    },
  });
  // A chain that the heads are of.
  ({ id: login } = await person.testEnvironment.addEndpoint('alpine'));
  await verify();
  await heads.write();
}, TIMEOUT_MS);
afterAll(async () => {
  await health?.close();
  await person?.close();
});

/** As somebody types it whose profile is set. */
async function run(command: string): Promise<{ readonly code: number; readonly output: string }> {
  const settings = {
    LOGIN: login,
    ORG: person.testEnvironment.orgId,
    TASK: task,
    PORTAL: 'alpine',
    WHY: 'runbook, ticket 4711',
    HEALTH: `http://127.0.0.1:${health.port}`,
    BACKUP: backup,
    BACKUPS: join(person.folder, 'backups'),
    IDENTITY: identity,
  };
  const shell = spawn('bash', ['-c', `rcm() { "${process.execPath}" --disable-sigusr1 "${MAIN}" "$@"; }\n${command}`], {
    cwd: person.folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...asRoot(), ...compileCache(), ...person.environment, ...settings },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  // What a prompt asks for; a portal's password, were it shown, would be found below.
  shell.stdin.on('error', () => undefined).end(`${TYPED}\n`);
  const [code] = (await once(shell, 'close')) as [number];
  expect(output).not.toContain(TYPED);
  return { code, output };
}

it('every page ends with how one knows that it is over, by a command', () => {
  expect(runbookPages.length).toBeGreaterThan(15);
  expect(runbookPages.filter(({ over }) => over.length === 0)).toEqual([]);
});

it.each(runbookPages)(
  `$name: its commands work, and the last ones say that it is over${isLongForm() ? '' : ' (of pages whose situation is not made, each command once: all in the long form)'}`,
  { timeout: TIMEOUT_MS },
  async ({ name, todo, over }) => {
    const { make, at = {}, mend, firstEnds } = SITUATIONS[name] ?? {};
    ({ id: login } = await person.testEnvironment.addEndpoint('alpine'));
    await make?.();
    for (const [i, command] of todo.entries()) {
      // Where no situation is made, once is enough on a change.
      if (!make && !isLongForm() && ran.has(command)) continue;
      ran.add(command);
      for (const [before, act] of Object.entries(at)) if (command.startsWith(before)) await act();
      const { code, output } = await run(command);
      const ends = i === 0 && firstEnds !== undefined ? [firstEnds] : [0, 1, ...(command.startsWith('curl') ? [22] : [])];
      expect([command, output, code]).toEqual([command, output, expect.toBeOneOf(ends)]);
      expect(output).not.toMatch(/Something unexpected|unexpected error/i);
    }
    await mend?.();
    for (const command of over) {
      if (!make && !isLongForm() && ended.has(command)) continue;
      ended.add(command);
      const { code, output } = await run(command);
      expect([command, output, code]).toEqual([command, output, 0]);
    }
  },
);
