import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Figures } from '../figures/figures.ts';

const MAIN = join(import.meta.dirname, '..', 'main.ts');
const ENDPOINTS = 3;
const RUN_MS = 600_000;
/** What the names of images begin with that were built from these sources: `npm run images -- build`. */
const images = process.env.RCM_TEST_IMAGES;

let base: string;
beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'rcm-images-e2e-')));
  // As root, Postgres runs as another user, who must be able to pass.
  chmodSync(base, 0o711);
});
afterAll(() => rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

function start(data: string) {
  const args = ['--once', '--json', '--endpoints', String(ENDPOINTS), '--images', images ?? '', '--data', data];
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, INIT_CWD: base, TMPDIR: base }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, ...output })),
  );
  const said = (words: string) =>
    new Promise<void>((resolve, reject) => {
      child.stderr.on('data', () => output.stderr.includes(words) && resolve());
      child.once('close', () => reject(new Error(`It ended without saying "${words}": ${output.stderr}`)));
    });
  return { ended, said };
}
const docker = (...args: string[]): string => spawnSync('docker', args, { encoding: 'utf8' }).stdout.trim();
const left = (data: string): string => docker('ps', '--all', '--quiet', '--filter', `name=^${data}-`);

// Images are built by a command of its own, which takes minutes: where they are not named, the same path is tried on this clone's sources alone.
describe.skipIf(images === undefined)('the apps as containers (RCM_TEST_IMAGES names their images)', () => {
  it(
    'take every login from plaintext to rotated with the same figures, confined',
    async () => {
      const run = await start('kept').ended;
      expect(run.stderr).not.toMatch(/Not as it should be|Plaintext left/);
      expect(run.code).toBe(0);
      expect(run.stderr).toContain('every container: not root, no capability, no way to gain one, a seccomp filter, a root that is read-only');
      expect(JSON.parse(run.stdout) as Figures).toMatchObject({
        ...{ endpoints: ENDPOINTS, migrated: ENDPOINTS, verified: ENDPOINTS, scrubbed: ENDPOINTS },
        tasks: { failed: 0, failedForCredentials: 0 },
        rotations: { done: ENDPOINTS, abandoned: 0, blocked: 0 },
        portal: { loginsRejected: 0, accountsLocked: 0, passwordsChanged: ENDPOINTS, acceptsStored: ENDPOINTS },
        plaintextHits: 0,
      });
      expect(left('kept')).toBe('');
    },
    RUN_MS,
  );

  it.each(['rotator', 'web-agent'])(
    'go on where a %s was killed in the middle of rotations',
    async (app) => {
      const data = `killed-${app}`;
      const killed = start(data);
      await killed.said('logins are due for rotation now');
      expect(docker('kill', `${data}-${app}`)).toBe(`${data}-${app}`);
      const first = await killed.ended;
      expect(first.code).toBe(1);
      expect(first.stderr).toContain(`${app} ended with code 137`);

      const second = await start(data).ended;
      expect(second.stderr).not.toMatch(/Not as it should be|Plaintext left/);
      expect(second.code).toBe(0);
      expect(JSON.parse(second.stdout) as Figures).toMatchObject({ portal: { accountsLocked: 0, acceptsStored: ENDPOINTS }, plaintextHits: 0 });
      expect(left(data)).toBe('');
    },
    2 * RUN_MS,
  );
});
