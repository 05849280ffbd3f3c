import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRoot, compileCache } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentFor } from './environment.ts';
import { GATHERED, gatheredFor } from './gathered-commands.ts';
import { asksForHelp } from './help.ts';
import { takeGlobals } from './globals.ts';
import { rcm } from './testing.fixture.ts';

let home: string;
beforeAll(() => void (home = mkdtempSync(join(tmpdir(), 'rcm-call-'))));
afterAll(() => rmSync(home, { recursive: true, force: true }));

test('a role that has no AWS profile of its own does not go by that of the role before it', () => {
  const before = process.env.AWS_PROFILE;
  const environment = { RCM_DATABASE_URL: 'general', RCM_MIGRATOR_AWS_PROFILE: 'migrator' };
  try {
    delete process.env.AWS_PROFILE;
    environmentFor('migrator', environment);
    expect(process.env.AWS_PROFILE).toBe('migrator');
    environmentFor('rotator', environment);
    expect(process.env.AWS_PROFILE).toBeUndefined();
    environmentFor('rotator', { ...environment, AWS_PROFILE: 'ops' });
    expect(process.env.AWS_PROFILE).toBe('ops');
  } finally {
    if (before === undefined) delete process.env.AWS_PROFILE;
    else process.env.AWS_PROFILE = before;
  }
});

/** As a process of its own. */
const started = (args: readonly string[], environment: NodeJS.ProcessEnv) =>
  spawnSync(process.execPath, ['--disable-sigusr1', join(import.meta.dirname, 'main.ts'), ...args], {
    env: { PATH: process.env.PATH, RCM_ALLOW_ROOT: 'yes', ...compileCache(), ...environment },
    encoding: 'utf8',
  });

test.each([[['overview']], [['db', 'status']]])('%j says what the deployment lets go unprotected, each time', (args) => {
  const { stderr } = started(args, { RCM_DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none', RCM_PLAINTEXT: 'database' });
  expect(stderr).toContain('RCM_PLAINTEXT allows unprotected connections for database');
});

test.each([[['overview']], [['db', 'status']]])('%j goes to no Postgres on another machine without TLS', async (args) => {
  const { code, stderr } = await rcm(args, { RCM_DATABASE_URL: 'postgresql://nobody:hunter2@db.example/none' });
  expect([code, stderr]).toEqual([2, expect.stringContaining('RCM_DATABASE_URL: leads to another machine without TLS: add sslmode=verify-full')]);
  expect(stderr).not.toContain('hunter2');
});

test('a refusal to start is the same object under --json as every other error', () => {
  const { status, stdout } = started(['overview', '--json'], { NODE_DEBUG: 'http' });
  expect(status).toBe(2);
  expect(JSON.parse(stdout)).toEqual({
    version: 1,
    error: { code: 'config_invalid', message: expect.stringContaining('NODE_DEBUG') as string, todo: expect.any(String) as string },
  });
});

test('each kind of command gets the login of its own role, and no other role’s', () => {
  const all = { RCM_OPERATOR_DATABASE_URL: 'o', RCM_ROTATOR_DATABASE_URL_FILE: '/r', RCM_DATABASE_URL: 'general', RCM_AWS_REGION: 'x' };
  expect(environmentFor('operator', all)).toEqual({ RCM_DATABASE_URL: 'o', RCM_AWS_REGION: 'x' });
  expect(environmentFor('rotator', all)).toEqual({ RCM_DATABASE_URL_FILE: '/r', RCM_AWS_REGION: 'x' });
  expect(environmentFor('migrator', all)).toEqual({ RCM_DATABASE_URL: 'general', RCM_AWS_REGION: 'x' });
  expect(() => environmentFor('owner', {})).toThrow(/RCM_OWNER_DATABASE_URL is not set/);
});

test('what is said to rcm itself may stand anywhere, and the rest is left in its order', () => {
  expect(takeGlobals(['--profile', 'prod', 'retry', '--color=never', '--json', '--endpoint', 'e'])).toEqual({
    profile: 'prod',
    colour: 'never',
    json: true,
    rest: ['retry', '--json', '--endpoint', 'e'],
  });
  expect(takeGlobals(['login', 'show', '--', '--profile']).rest).toEqual(['login', 'show', '--', '--profile']);
  for (const wrong of [['--profile'], ['--color', 'blue'], ['--profile=']]) expect(() => takeGlobals(wrong)).toThrow();
});

test('a gathered command is found by all of its words', () => {
  expect(gatheredFor(['login', 'retry', 'e1', '--reason', 'x'])).toMatchObject({
    command: { there: ['retry'], namesLogin: true },
    rest: ['e1', '--reason', 'x'],
  });
  expect(gatheredFor(['login', 'show', 'e1'])).toBeNull();
  expect(gatheredFor([])).toBeNull();
});

describe('a wrong call', () => {
  test.each([
    [['logns'], 'Did you mean logins?'],
    [['logins', '--faling'], 'Did you mean --failing?'],
    [['login', 'shwo', 'x'], 'Did you mean show?'],
    [['login', 'retry'], 'Say which login'],
    [['logins', '--due', 'soon'], '--due must be a time'],
    [['logins', '--limit', '0'], '--limit must be'],
    [['logins', '--after', 'x'], '--after takes'],
    [['logins'], 'RCM_OPERATOR_DATABASE_URL is not set'],
    [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish'],
    [['logins', '--color', 'blue'], '--color is one of'],
  ])('%j ends with 2 and says why', async (args, said) => {
    // No address that could be reached: whatever is wrong is said before anything is opened.
    const environment = args.length > 1 ? { RCM_OPERATOR_DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' } : {};
    const { code, stderr } = await rcm(args, environment);
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
    const { stdout } = await rcm([...args, '--json'], environment);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, error: { code: expect.stringMatching(/^(input|config)_invalid$/) as string } });
  });
});

test('the version and the help need no configuration', async () => {
  expect((await rcm(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const { code, stdout } = await rcm(['--help']);
  expect(code).toBe(0);
  for (const { path } of GATHERED) if (path.length === 1) expect(stdout).toContain(`  ${path[0]} `);
});

test('what only asks what there is is told from what does something', () => {
  for (const words of [
    ['--help'],
    ['login', 'show', '-h'],
    ['help', 'logins'],
    ['--version'],
    ['completion', 'bash'],
    ['--profile', 'prod', 'login', 'show', '-h'],
    ['audit', 'list', '--help'],
  ])
    expect(asksForHelp(words)).toBe(true);
  for (const words of [
    [],
    ['logins'],
    ['retry', '--help'],
    ['login', 'set', 'x', '--help'],
    ['completion', 'tcsh', '--json'],
    ['overview', '--json'],
    ['--profile', 'prod', 'login', 'set', 'x', '--help'],
    ['--profile'],
  ])
    expect(asksForHelp(words)).toBe(false);
});

test.each(['overview', 'login show', 'login set', 'audit', 'audit list', 'audit verify', 'portal-type decide', 'migrate', 'doctor', 'pause'])(
  '%s says what it is, with a profile named before it that is not there',
  (words) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--disable-sigusr1', join(import.meta.dirname, 'main.ts'), '--profile', 'not-there', ...words.split(' '), '--help'],
      {
        env: { PATH: process.env.PATH, HOME: home, ...asRoot(), ...compileCache() },
        encoding: 'utf8',
      },
    );
    expect([status, stdout], stderr).toEqual([0, expect.stringMatching(/^Usage: /)]);
  },
);

test('docs/rcm.md has every command, and every code of a state of a login', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'rcm.md'), 'utf8');
  for (const { path } of GATHERED) expect(page).toContain(path.join(' '));
  for (const name of [
    'rcm overview',
    'rcm logins',
    'rcm login show',
    'rcm login history',
    'rcm portal-type list',
    'rcm completion',
    'rcm org add',
    'rcm endpoint add',
    'rcm login set',
    'rcm login verify',
    '--never-used',
    '--expiring',
  ])
    expect(page).toContain(name);
});
