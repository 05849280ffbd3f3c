import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Figures } from './figures/figures.ts';
import { newBase, start, stayedBehind } from './started.fixture.ts';

const ENDPOINTS = 3;
const SECRETS = 3 + 1 + 1; // passwords, the seed of Borealis, the API key of the first Alpine login
const FIRST_RUN_MS = 420_000;
const SECOND_RUN_MS = 240_000;

let base: string;
beforeAll(() => void (base = newBase('platform')));
afterAll(() => rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

describe('npm start -- --once --json', () => {
  it(
    'takes every login from plaintext to rotated while work goes on, and leaves no plaintext, process or lock',
    async () => {
      const run = await start(base, { args: ['--once', '--json', '--endpoints', String(ENDPOINTS), '--data', 'kept'] }).ended;
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
      expect(stayedBehind(base)).toEqual([]);
      expect(existsSync(join(base, 'kept', 'lock'))).toBe(false);
    },
    FIRST_RUN_MS,
  );

  it(
    'rotates nothing that is not due and writes no secret again in a second run on the same folder',
    async () => {
      const run = await start(base, { args: ['--once', '--json', '--data', join(base, 'kept')] }).ended;
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
});
