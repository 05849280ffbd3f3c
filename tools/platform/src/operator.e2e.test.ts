import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRoot, compileCache } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** What a person with the README does on `npm start`: nothing here is given to `rcm` but the profile that the platform wrote. */
const MAIN = join(import.meta.dirname, 'main.ts');
const RCM = join(import.meta.dirname, '..', '..', '..', 'apps', 'cli', 'src', 'main.ts');
const WHOLE_MS = 900_000;

let base: string;
beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'rcm-operator-e2e-')));
  // As root, Postgres runs as another user, who must be able to pass.
  chmodSync(base, 0o711);
});
afterAll(() => rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], environment: NodeJS.ProcessEnv, stdin = '') {
  const child = spawn(process.execPath, ['--disable-sigusr1', file, ...args], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin.on('error', () => undefined).end(stdin);
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...output })));
  const said = (words: string) =>
    new Promise<void>((resolve, reject) => {
      child.stderr.on('data', () => output.stderr.includes(words) && resolve());
      child.once('close', () => reject(new Error(`It ended without saying "${words}": ${output.stderr}`)));
    });
  return { child, ended, said, output };
}

const SECRETS = ['Clinic-First-11', 'Clinic-Second-22', 'Clinic-Wrong-99'] as const;
const why = ['--reason', 'a new customer'];

it(
  'a person adds an organization and its logins, finds the wrong one, repairs it, says who used it and verifies the audit',
  async () => {
    const platform = run(MAIN, ['--endpoints', '3', '--data', 'kept'], { ...process.env, INIT_CWD: base, TMPDIR: base });
    try {
      await platform.said('data folder');
      const said = platform.output.stderr;
      const portal = /portal alpine +(\S+)/.exec(said)?.[1] ?? '';
      const control = /what the portals saw +(\S+)\/figures/.exec(said)?.[1] ?? '';
      expect(said).toContain(`XDG_CONFIG_HOME=${join(base, 'kept')} npm --silent run rcm -- --profile local overview`);
      const rcm = async (words: readonly string[], stdin?: string) => {
        const environment = { PATH: process.env['PATH'], HOME: base, XDG_CONFIG_HOME: join(base, 'kept'), ...asRoot(), ...compileCache() };
        const { RCM_BROWSER_SANDBOX: _sandbox, ...clean } = environment as Record<string, string | undefined>;
        const end = await run(RCM, ['--profile', 'local', ...words, '--json'], clean, stdin).ended;
        for (const secret of SECRETS) expect(end.stdout + end.stderr).not.toContain(secret);
        return { ...end, answer: (end.stdout.startsWith('{') ? JSON.parse(end.stdout.split('\n')[0] ?? '') : {}) as Record<string, unknown> };
      };
      const overview = await rcm(['overview']);
      expect([overview.code, overview.answer], overview.stderr).toEqual([0, expect.objectContaining({ version: 1, logins: 3, failing: 0, legacy: 0 })]);

      for (const [username, password] of [
        ['first', SECRETS[0]],
        ['second', SECRETS[1]],
      ] as const) {
        const made = await fetch(`${control}/accounts`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ portal: 'alpine', username, password }),
        });
        expect(made.ok).toBe(true);
      }
      expect(await rcm(['org', 'add', 'clinic', '--name', 'Clinic', ...why])).toMatchObject({ code: 0 });
      const csv = join(base, 'logins.csv');
      const row = (account: string, password: string) => `clinic,alpine,${account},${portal}/,${account},${password}`;
      writeFileSync(csv, ['organization,portal_type,account,base_url,username,password', row('first', SECRETS[0]), row('second', SECRETS[2])].join('\n'), {
        mode: 0o600,
      });
      const added = await rcm(['endpoint', 'add', '--csv', csv, ...why]);
      expect(added.answer, added.stdout + added.stderr).toMatchObject({ endpoints: [{ outcome: 'proved' }, { outcome: 'refused' }] });

      expect((await rcm(['logins', '--failing'])).answer).toMatchObject({ logins: [{ id: 'clinic-alpine-second' }] });
      expect(await rcm(['login', 'set', 'clinic-alpine-second', ...why], `${SECRETS[1]}\n`)).toMatchObject({ code: 0 });
      expect((await rcm(['login', 'show', 'clinic-alpine-second'])).answer).toMatchObject({ logins: [{ refusedSince: null }] });
      const history = await rcm(['login', 'history', 'clinic-alpine-second']);
      expect(history.answer['entries']).toEqual(expect.arrayContaining([expect.objectContaining({ source: 'act', what: 'secret.set' })]));
      const verified = await rcm(['audit', 'verify']);
      expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    } finally {
      platform.child.kill('SIGINT');
      await platform.ended;
    }
  },
  WHOLE_MS,
);
