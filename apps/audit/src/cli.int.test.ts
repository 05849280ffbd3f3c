import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asRoot, compileCache } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportAudit } from './commands/export.ts';
import { audit, type AuditEnvironment, linesIn, openAuditEnvironment } from './testing.fixture.ts';

let w: AuditEnvironment;
beforeAll(async () => {
  w = await openAuditEnvironment();
  await w.organization('hospital-1');
  await w.append('hospital-1', 3);
});
afterAll(() => w.close());

test('each command works as the role that is made for it, and as no other', async () => {
  for (const [args, role] of [
    [['heads', 'write'], 'rcm_auditor'],
    [['verify', '--key', w.publicKey], 'rcm_head_writer'],
    [['export', '--output', join(w.folder, 'never')], 'rcm_head_writer'],
  ] as const) {
    const { code, stderr } = await audit(args, w.environment(role, role === 'rcm_auditor' ? { RCM_AUDIT_SIGNING_KEY_FILE: join(w.folder, 'key.pem') } : {}));
    expect([args[0], code, stderr]).toEqual([args[0], 2, expect.stringContaining('must log in to Postgres as a member of')]);
  }
});

test.each([
  [['heads', 'write'], { RCM_AUDIT_SIGNING_KEY_FILE: '' }, 'RCM_AUDIT_SIGNING_KEY'],
  [['heads', 'write'], { RCM_AUDIT_HEADS_FILE: '' }, 'No place to keep heads'],
  [['heads', 'list'], { RCM_AUDIT_HEADS_FILE: '' }, 'No place that heads are read from'],
  [['verify'], { RCM_AUDIT_HEADS_FILE: '' }, 'No public key'],
  [['nothing'], {}, 'unknown command'],
])('%j with %j is a wrong call', async (args, settings, said) => {
  const { code, stderr } = await audit(args, w.environment('rcm_head_writer', settings));
  expect(code).toBe(2);
  expect(stderr).toContain(said);
});

test('what `key` prints is what verifiers need, `list` says what the heads say, and an export goes to stdout', async () => {
  const { stdout: key } = await audit(['key', '--json'], { RCM_AUDIT_SIGNING_KEY_FILE: join(w.folder, 'key.pem') });
  await w.headsWrite();
  const { stdout: list } = await audit(['heads', 'list', '--json'], { RCM_AUDIT_HEADS_FILE: w.headsFile });
  const { places } = JSON.parse(list) as { places: { chains: { organization: string; count: number; key: string }[]; unreadable: number }[] };
  expect(places).toMatchObject([{ unreadable: 0, chains: [{ organization: 'hospital-1', count: 3, key: (JSON.parse(key) as { id: string }).id }] }]);
  const { stdout: lines } = await audit(['export', '--output', '-'], w.environment('rcm_auditor'));
  expect(lines.trim().split('\n')).toHaveLength(3);
});

test('`heads run` as somebody else ends at once', async () => {
  const settings = { RCM_AUDIT_SIGNING_KEY_FILE: join(w.folder, 'key.pem'), RCM_HEALTH_PORT: '0' };
  expect(await audit(['heads', 'run'], w.environment('rcm_auditor', settings))).toMatchObject({ code: 2, stderr: expect.stringContaining('rcm_head_writer') });
});

test('an export is its owner’s alone, and appears when it is whole', async () => {
  const path = await w.export();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(linesIn(path)).toHaveLength(3);
});

test('two exports to one file at once leave one that is whole, and nothing beside it', async () => {
  const folder = mkdtempSync(join(w.folder, 'twice-'));
  const path = join(folder, 'trail.ndjson');
  const asked = { db: w.db, to: path, orgIds: [], format: 'ndjson', signal: new AbortController().signal } as const;
  const both = await Promise.all([exportAudit(asked), exportAudit(asked)]);
  expect(both.map(({ json }) => json)).toEqual([
    { events: 3, organizations: 1 },
    { events: 3, organizations: 1 },
  ]);
  expect(linesIn(path)).toHaveLength(3);
  expect(readdirSync(folder)).toEqual(['trail.ndjson']);
});

test.each([
  ['alone', ['--org', 'hospital-9']],
  ['beside one that is there', ['--org', 'hospital-1', '--org', 'hospital-9']],
])('an organization without any event, asked for %s, is no empty proof: nothing is written over', async (_name, orgs) => {
  const folder = mkdtempSync(join(w.folder, 'misspelt-'));
  const path = join(folder, 'trail.ndjson');
  writeFileSync(path, 'kept before\n');
  const { code, stdout, stderr } = await audit(['export', '--output', path, ...orgs], w.environment('rcm_auditor'));
  expect([code, stdout, stderr]).toEqual([2, '', 'There is no event of hospital-9: look at the id. Nothing was exported.\n']);
  expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['kept before\n', ['trail.ndjson']]);
  const piped = await audit(['export', '--output', '-', ...orgs], w.environment('rcm_auditor'));
  expect([piped.code, piped.stdout]).toEqual([2, '']);
});

test('what is no file is not written over: an export has taken the place of a device of the machine', async () => {
  const folder = mkdtempSync(join(w.folder, 'device-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const { code, stdout, stderr } = await audit(['export', '--output', pipe], w.environment('rcm_auditor'));
  expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(pipe)]);
  expect([statSync(pipe).isFIFO(), readdirSync(folder)]).toEqual([true, ['pipe']]);
});

test('an export that cannot be written says so, with the exit code of a wrong call', async () => {
  const nowhere = ['export', '--output', join(w.folder, 'no-folder', 'trail.ndjson')];
  expect(await audit(nowhere, w.environment('rcm_auditor'))).toMatchObject({ code: 2, stdout: '', stderr: 'The export could not be written (ENOENT).\n' });
  const child = spawn(process.execPath, ['--disable-sigusr1', join(import.meta.dirname, 'main.ts'), 'export', '--output', '-'], {
    env: { PATH: process.env.PATH, ...asRoot(), ...compileCache(), ...w.environment('rcm_auditor') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Nobody reads it.
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  expect([(await once(child, 'close'))[0], stderr]).toEqual([2, 'The export could not be written (EPIPE).\n']);
});

test('`heads run` writes until SIGTERM; while its sink is down it is not ready, and says so', async () => {
  const file = join(w.folder, 'running', 'heads.ndjson');
  mkdirSync(dirname(file));
  const settings = { RCM_AUDIT_HEADS_FILE: file, RCM_AUDIT_INTERVAL_MS: '100', RCM_HEALTH_PORT: '0', RCM_LOG_LEVEL: 'info' };
  const child = spawn(process.execPath, ['--disable-sigusr1', join(import.meta.dirname, 'main.ts'), 'heads', 'run'], {
    env: { PATH: process.env.PATH, ...asRoot(), ...compileCache(), ...w.environment('rcm_head_writer', settings) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = once(child, 'close');
  const until = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
    while (!(await holds())) {
      if (child.exitCode !== null) throw new Error(output);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await until(() => output.includes('"healthPort":'));
  const at = `http://127.0.0.1:${/"healthPort":(\d+)/.exec(output)?.[1]}`;
  const ready = async () => (await fetch(`${at}/readyz`)).status;
  await until(async () => (await ready()) === 200);
  expect(linesIn(file)).toHaveLength(1);
  renameSync(dirname(file), `${dirname(file)}-away`);
  await w.append('hospital-1', 1);
  await until(async () => (await ready()) === 503);
  expect(output).toContain('audit heads not written');
  expect(await (await fetch(`${at}/metrics`)).text()).toMatch(/rcm_audit_heads_failures_total\{sink="file"\} [1-9]/);
  renameSync(`${dirname(file)}-away`, dirname(file));
  await until(async () => (await ready()) === 200);
  expect(linesIn(file)).toHaveLength(2);
  child.kill('SIGTERM');
  expect((await ended)[0]).toBe(0);
});
