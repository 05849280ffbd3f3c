import { readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newBase, start, stayedBehind } from './started.fixture.ts';

const INTERRUPTED_MS = 120_000;

let base: string;
beforeAll(() => void (base = newBase('interrupted')));
afterAll(() => rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

it(
  'npm start -- --once removes its temporary folder and stops what it started when it is interrupted',
  async () => {
    const run = start(base, { args: ['--once', '--endpoints', '3'] });
    await run.said('demo portals are up');
    expect(stayedBehind(base).length).toBeGreaterThanOrEqual(3);
    run.child.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 130, stdout: '' });
    expect(stayedBehind(base)).toEqual([]);
    expect(readdirSync(base).filter((name) => name.startsWith('rcm-platform-'))).toEqual([]);
  },
  INTERRUPTED_MS,
);
