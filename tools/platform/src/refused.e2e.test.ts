import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newBase, start, stayedBehind } from './started.fixture.ts';

const REFUSED_MS = 120_000;

let base: string;
beforeAll(() => void (base = newBase('refused')));
afterAll(() => rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

/** A `docker` of this kind is found first. */
function withDocker(script: string): NodeJS.ProcessEnv {
  const folder = join(base, 'programs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { PATH: [folder, process.env.PATH].join(delimiter) };
}

it(
  'without Docker, npm start -- --images says so before it starts anything',
  async () => {
    const run = start(base, { args: ['--images', '--once'], environment: withDocker('exit 1') });
    expect(await run.ended).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Docker cannot be reached, which --images needs; start it (or set DOCKER_HOST), or leave out --images.\n',
    });
    expect(stayedBehind(base)).toEqual([]);
  },
  REFUSED_MS,
);

it(
  'a run that fails says why, and names no log that went with its temporary folder as one that is there',
  async () => {
    const refuses = `[ "$1" = run ] || exit 0
echo 'docker: Error response from daemon: No such image: rcm/rcm:latest' >&2
echo "See 'docker run --help'." >&2
exit 125`;
    const run = start(base, { args: ['--images', '--once', '--endpoints', '3'], environment: withDocker(refuses) });
    const { code, stderr } = await run.ended;
    const said = stderr.trim().split('\n').at(-1) ?? '';
    expect(code).toBe(1);
    expect(said).toContain('No such image: rcm/rcm:latest');
    const log = /its log: (\S+)\)/.exec(said)?.[1] ?? '';
    expect([existsSync(log), said.endsWith('That folder was a temporary one and is gone; with --data DIR it stays.')]).toEqual([false, true]);
    expect([stayedBehind(base), readdirSync(base).filter((name) => name.startsWith('rcm-platform-'))]).toEqual([[], []]);
  },
  REFUSED_MS,
);
