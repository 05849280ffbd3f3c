import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Figures } from './figures/figures.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const ENDPOINTS = 3;
const SECRETS = 3 + 1 + 1; // passwords, the seed of Borealis, the API key of the first Alpine login
const FIRST_RUN_MS = 420_000;
const SECOND_RUN_MS = 240_000;
const INTERRUPTED_MS = 120_000;

let base: string;
beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'rcm-platform-e2e-')));
  // As root, Postgres runs as another user, who must be able to pass.
  chmodSync(base, 0o711);
});
afterAll(() => rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, INIT_CWD: base, TMPDIR: base }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...output })));
  const said = (words: string) =>
    new Promise<void>((resolve, reject) => {
      child.stderr.on('data', () => output.stderr.includes(words) && resolve());
      child.once('close', () => reject(new Error(`It ended without saying "${words}": ${output.stderr}`)));
    });
  return { child, ended, said };
}

/** Processes that the run started: each has the folder on its command line. */
const stayedBehind = () =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^[0-9]+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(base);
    } catch {
      return false;
    }
  });

describe('npm start -- --once --json', () => {
  it(
    'takes every login from plaintext to rotated while work goes on, and leaves no plaintext, process or lock',
    async () => {
      const run = await start('--once', '--json', '--endpoints', String(ENDPOINTS), '--data', 'kept').ended;
      expect(run.stderr).not.toMatch(/Not as it should be|Plaintext left/);
      expect(run.code).toBe(0);
      const figures = JSON.parse(run.stdout) as Figures;
      expect(figures).toEqual({
        endpoints: ENDPOINTS,
        migrated: ENDPOINTS,
        verified: ENDPOINTS,
        scrubbed: ENDPOINTS,
        tasks: { succeeded: expect.any(Number), failed: 0, failedForCredentials: 0, duringRotation: expect.any(Number) },
        rotations: { done: ENDPOINTS, abandoned: 0, blocked: 0 },
        portal: { loginsAccepted: expect.any(Number), loginsRejected: 0, accountsLocked: 0, passwordsChanged: ENDPOINTS, acceptsStored: ENDPOINTS },
        secretsSearched: SECRETS + ENDPOINTS,
        plaintextHitsBeforeScrub: expect.any(Number),
        plaintextHits: 0,
        durationMs: expect.any(Number),
      });
      expect(figures.plaintextHitsBeforeScrub).toBeGreaterThanOrEqual(SECRETS);
      expect(stayedBehind()).toEqual([]);
      expect(existsSync(join(base, 'kept', 'lock'))).toBe(false);
    },
    FIRST_RUN_MS,
  );

  it(
    'rotates nothing that is not due and writes no secret again in a second run on the same folder',
    async () => {
      const run = await start('--once', '--json', '--data', join(base, 'kept')).ended;
      expect(run.code).toBe(0);
      const figures = JSON.parse(run.stdout) as Figures;
      expect(figures.rotations).toEqual({ done: ENDPOINTS, abandoned: 0, blocked: 0 });
      expect(figures.portal).toMatchObject({ passwordsChanged: ENDPOINTS, acceptsStored: ENDPOINTS, loginsRejected: 0 });
      expect(figures.secretsSearched).toBe(SECRETS + ENDPOINTS);
      expect(figures.plaintextHitsBeforeScrub).toBeGreaterThanOrEqual(SECRETS);
      expect(run.stderr).toContain(`${ENDPOINTS} endpoints are there from an earlier run`);
    },
    SECOND_RUN_MS,
  );

  it(
    'removes its temporary folder and stops what it started when it is interrupted',
    async () => {
      const run = start('--once', '--endpoints', String(ENDPOINTS));
      await run.said('demo portals are up');
      expect(stayedBehind().length).toBeGreaterThanOrEqual(3);
      run.child.kill('SIGINT');
      expect(await run.ended).toMatchObject({ code: 130, stdout: '' });
      expect(stayedBehind()).toEqual([]);
      expect(readdirSync(base).filter((name) => name.startsWith('rcm-platform-'))).toEqual([]);
    },
    INTERRUPTED_MS,
  );
});
