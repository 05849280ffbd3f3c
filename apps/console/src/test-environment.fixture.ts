import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parsePayload, parseReference } from '@rcm/credentials';
import { urlFor } from '@rcm/db/testing';
import { asRoot, compileCache } from '@rcm/test-services';
import type { EnvironmentEndpoint, TestEnvironment } from '@rcm/test-environment';

const programOf = (app: string): string => fileURLToPath(new URL(`../../${app}/src/main.ts`, import.meta.url));

const environmentOf = (testEnvironment: TestEnvironment): Record<string, string> => ({
  ...asRoot(),
  ...compileCache(),
  ...testEnvironment.environmentOf('rcm_rotator'),
  RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator'),
  RCM_LOG_LEVEL: 'info',
  RCM_HEALTH_PORT: '0',
  RCM_SUBMIT_DEADLINE_MS: '30000',
  // What a person has said of a login is for whom they asked, and not for the round that looks for such logins.
  RCM_ROTATOR_MEND_SCAN_MS: '3600000',
  RCM_ROTATOR_ASKED_SCAN_MS: '200',
  ...(process.env.RCM_CHROMIUM_PATH ? { RCM_CHROMIUM_PATH: process.env.RCM_CHROMIUM_PATH } : {}),
});

const start = (app: string, args: readonly string[], environment: Readonly<Record<string, string>>): ChildProcess =>
  spawn(process.execPath, ['--disable-sigusr1', programOf(app), ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });

export interface RunningProcess {
  /** All that it has written. */
  output(): string;
  /** To the process itself: it stands still, or is gone. */
  kill(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): Promise<void>;
  stop(): Promise<void>;
}

/** A rotator that does what is asked for, until it is stopped. */
export const startRotator = (testEnvironment: TestEnvironment, settings: Readonly<Record<string, string>> = {}): Promise<RunningProcess> =>
  startProcess('rotator', ['run'], { ...environmentOf(testEnvironment), ...settings });

/** A console as a process of its own, with nothing but these settings. */
export const startConsoleProcess = (settings: Readonly<Record<string, string>>): Promise<RunningProcess> =>
  startProcess('console', ['run'], { ...asRoot(), ...compileCache(), RCM_HEALTH_PORT: '0', ...settings });

/** Signs heads, and checks what is asked for, with nothing but these settings. */
export const startAuditHeads = (settings: Readonly<Record<string, string>>): Promise<RunningProcess> =>
  startProcess('audit', ['heads', 'run'], { ...asRoot(), ...compileCache(), RCM_HEALTH_PORT: '0', ...settings });

async function startProcess(app: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<RunningProcess> {
  const child = start(app, args, environment);
  let text = '';
  const exited = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      if (text.includes('"healthPort"')) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`${app} ended with ${code}:\n${text}`)));
  });
  return {
    output: () => text,
    async kill(signal) {
      child.kill(signal);
      if (signal === 'SIGKILL') await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** One command of `rcm` with these settings alone; what it said, and how it ended. */
export async function rcmAlone(
  words: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const child = start('cli', words, { ...asRoot(), ...compileCache(), ...settings });
  child.stdin?.end();
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr?.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout };
}

/** One command of `rcm`, as a person calls it, with what they type; returns what it said, and fails where it did not end well. */
export async function rcm(testEnvironment: TestEnvironment, words: readonly string[], typed = ''): Promise<string> {
  const child = start('cli', [...words, '--reason', REASON], {
    ...environmentOf(testEnvironment),
    RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', testEnvironment.databaseUrl),
    RCM_MIGRATOR_DATABASE_URL: urlFor('rcm_migrator', testEnvironment.databaseUrl),
  });
  child.stdin?.end(typed);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`rcm ${words.join(' ')} ended with ${code}:\n${text}`);
  return text;
}

export const REASON = 'the payer has called, ticket 4711';

/** What must be in no answer: the password that the store holds now, and the key that accounts are known by. */
export async function secretsOf(testEnvironment: TestEnvironment, { orgId, secretArn }: EnvironmentEndpoint): Promise<readonly string[]> {
  const current = await testEnvironment.stores.forTenant(orgId).read(parseReference(secretArn));
  if (!current) throw new Error('the secret is gone');
  return [parsePayload(current.text).reveal().password, readFileSync(testEnvironment.environmentOf('rcm_rotator').RCM_IDENTITY_KEY_FILE ?? '', 'utf8')];
}

/** A rotation of this login that a person has to decide about, and that no rotator looks at meanwhile. */
export async function block(testEnvironment: TestEnvironment, { id }: EnvironmentEndpoint): Promise<void> {
  await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$executeRaw`
      INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash, detail, waiting_from, waiting_until)
      SELECT gen_random_uuid(), e.login_identity, e.org_id, e.id, e.portal_type_code, 'blocked', nextval('login_fence'), 'rotator@host:1', 'due', e.secret_arn, e.current_version, 'h', 'which one?',
             'submitting', now() + interval '1 hour'
        FROM integration_endpoint e WHERE e.id = ${id}`,
  );
}

/** Of how it came to the rotator, who approved it and was told to, and who is signed in: these the command has not. */
const OF_THE_CONSOLE = ['login_request', 'login_typing', 'console_session'];
const isOfTheConsole = (table: string, row: string): boolean =>
  (table === 'audit_event' && row.includes('"action": "approval.')) || (table === 'notice' && row.includes('"kind": "approval_waiting"'));

/** Every row of every table that is about this login or task, with what differs between any two acts taken for what it is. */
export async function rowsAbout(testEnvironment: TestEnvironment, names: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const tables = await testEnvironment.db.transaction('every tenant', (tx) =>
    tx.$queryRawUnsafe<{ name: string }[]>(`SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`),
  );
  const rows: string[] = [];
  for (const { name } of tables.filter((table) => !OF_THE_CONSOLE.includes(table.name))) {
    const found = await testEnvironment.db.transaction('every tenant', (tx) =>
      tx.$queryRawUnsafe<{ row: string }[]>(`SELECT to_jsonb(t)::text AS row FROM "${name}" t`),
    );
    for (const { row } of found.filter((each) => !isOfTheConsole(name, each.row)))
      if (Object.keys(names).some((about) => row.includes(`"${about}"`))) rows.push(`${name} ${alike(row, names)}`);
  }
  return rows.sort();
}

export async function lastEvent(testEnvironment: TestEnvironment): Promise<bigint> {
  const [last] = await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ seq: bigint }[]>`SELECT coalesce(max(seq), 0) AS seq FROM audit_event`,
  );
  return last?.seq ?? 0n;
}

/** What is paused of no tenant's, whether portals are open, and the events of the one organization since then. */
export async function wideRows(testEnvironment: TestEnvironment, since: bigint): Promise<readonly string[]> {
  const rows = await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ row: string }[]>`
      SELECT 'rotation_pause ' || to_jsonb(p)::text AS row FROM rotation_pause p WHERE p.org_id IS NULL
      UNION ALL SELECT 'portal_gate ' || to_jsonb(g)::text FROM portal_gate g
      UNION ALL SELECT 'audit_event ' || to_jsonb(a)::text FROM audit_event a WHERE a.seq > ${since} AND a.action NOT LIKE 'approval.%'`,
  );
  return rows.map(({ row }) => alike(row, {})).sort();
}

function alike(row: string, names: Readonly<Record<string, string>>): string {
  let text = row;
  for (const [name, word] of Object.entries(names)) text = text.replaceAll(name, word);
  return (
    text
      .replace(/, "signedIn": \{[^}]*\}|"signedIn": \{[^}]*\}(, )?/g, '')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)?/g, 'TIME')
      .replace(/"person:[^"]*"/g, '"PERSON"')
      .replace(/person:(oidc|sts):\S+(?=: )/g, 'PERSON')
      .replace(/rotator@[^"]*/g, 'PROCESS')
      .replace(/"[^"]*[0-9a-f]{64}"/g, '"HASH"')
      // The first event of an organization has none before it.
      .replace(/"previous_hash": "[^"]*"/g, '"previous_hash": "HASH"')
      .replace(/"account-\d+"|(?<=\/)account-\d+/g, 'ACCOUNT')
      .replace(/"id": \d+/g, '"id": 0')
      .replace(/"(seq|fence|asker_ahead_ms|begun_no|ended_no|said_no|input_sealed|input_key_id)": [^,}]*/g, '"$1": 0')
  );
}
