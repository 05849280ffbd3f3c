import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRoot, compileCache } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentFor } from './environment.ts';
import { GATHERED, gatheredFor } from './gathered-commands.ts';
import { asksForHelp } from './help.ts';
import { takeGlobals } from './globals.ts';
import { withProfile } from './profile.ts';
import { rcm } from './testing.fixture.ts';

let home: string;
beforeAll(() => void (home = mkdtempSync(join(tmpdir(), 'rcm-profile-'))));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const profile = (name: string, text: string, mode = 0o600): NodeJS.ProcessEnv => {
  const folder = join(home, 'rcm', 'profiles');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.env`), text);
  chmodSync(join(folder, `${name}.env`), mode);
  return { XDG_CONFIG_HOME: home, RCM_ENVIRONMENT: 'left-over', PATH: '/bin' };
};

test('a role that has no AWS profile of its own does not go by that of the role before it', () => {
  const before = process.env['AWS_PROFILE'];
  const environment = { RCM_DATABASE_URL: 'general', RCM_MIGRATOR_AWS_PROFILE: 'migrator' };
  try {
    delete process.env['AWS_PROFILE'];
    environmentFor('migrator', environment);
    expect(process.env['AWS_PROFILE']).toBe('migrator');
    environmentFor('rotator', environment);
    expect(process.env['AWS_PROFILE']).toBeUndefined();
    environmentFor('rotator', { ...environment, AWS_PROFILE: 'ops' });
    expect(process.env['AWS_PROFILE']).toBe('ops');
  } finally {
    if (before === undefined) delete process.env['AWS_PROFILE'];
    else process.env['AWS_PROFILE'] = before;
  }
});

describe('a profile', () => {
  test('says everything that is the platform’s, and leaves the rest', () => {
    const environment = profile('prod', `# where it is\nRCM_OPERATOR_DATABASE_URL_FILE=/run/url\nexport RCM_AWS_REGION="us-east-1"\n\nAWS_PROFILE=ops\n`);
    expect(withProfile('prod', environment)).toEqual({
      XDG_CONFIG_HOME: home,
      PATH: '/bin',
      RCM_OPERATOR_DATABASE_URL_FILE: '/run/url',
      RCM_AWS_REGION: 'us-east-1',
      AWS_PROFILE: 'ops',
    });
  });

  test.each([
    ['others can read', 'RCM_ENVIRONMENT=x', 0o640, /chmod 600/],
    ['others can write', 'RCM_ENVIRONMENT=x', 0o602, /chmod 600/],
    ['leads AWS elsewhere', 'AWS_ENDPOINT_URL=http://evil', 0o600, /Line 1 .* sets AWS_ENDPOINT_URL/],
    ['loads code', 'RCM_ENVIRONMENT=x\nLD_PRELOAD=/tmp/x', 0o600, /Line 2 .* sets LD_PRELOAD/],
    ['is no list of names and values', 'hunter2-secret', 0o600, /Line 1 .* is not NAME=value/],
  ])('that %s is refused, and no value of it said', (_, text, mode, said) => {
    const environment = profile('odd', text, mode);
    expect(() => withProfile('odd', environment)).toThrow(said);
    expect(() => withProfile('odd', environment)).not.toThrow(/hunter2/);
  });

  test('is a file of its own folder, and no link', () => {
    const environment = profile('real', 'RCM_ENVIRONMENT=x');
    symlinkSync(join(home, 'rcm', 'profiles', 'real.env'), join(home, 'rcm', 'profiles', 'link.env'));
    expect(() => withProfile('link', environment)).toThrow(/cannot be read/);
    for (const name of ['../x', 'a/b', '', 'X']) expect(() => withProfile(name, environment)).toThrow(/name of a profile/);
  });

  test('that is missing ends the call with 2, under --json as an object', async () => {
    const { code, stdout } = await rcm(['logins', '--json', '--profile', 'none'], { XDG_CONFIG_HOME: home });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      error: { code: 'config_invalid', message: expect.stringContaining('none.env'), todo: expect.any(String) as string },
    });
  });
});

/** As a process of its own. */
const started = (args: readonly string[], environment: NodeJS.ProcessEnv) =>
  spawnSync(process.execPath, ['--disable-sigusr1', join(import.meta.dirname, 'main.ts'), ...args], {
    env: { PATH: process.env['PATH'], RCM_ALLOW_ROOT: 'yes', ...compileCache(), ...environment },
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
        env: { PATH: process.env['PATH'], HOME: home, ...asRoot(), ...compileCache() },
        encoding: 'utf8',
      },
    );
    expect([status, stdout], stderr).toEqual([0, expect.stringMatching(/^Usage: /)]);
  },
);

describe('completion', () => {
  const complete = async (line: string): Promise<string[]> => {
    const { stdout } = await rcm(['completion', 'bash']);
    const words = line.split(' ');
    const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _rcm; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  };
  test('knows commands, those below them, and their options', async () => {
    expect(await complete('rcm ov')).toEqual(['overview']);
    expect(await complete('rcm login ')).toEqual(expect.arrayContaining(['show', 'history', 'retry', 'unlocked']));
    expect(await complete('rcm logins --never')).toEqual(['--never-used']);
    expect(await complete('rcm logins --org x --fail')).toEqual(['--failing']);
  });
  test.each(['zsh', 'fish'])('is written for %s from the same tree', async (shell) => {
    const { code, stdout } = await rcm(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['overview', 'history', '--never-used', 'portal-type show']) expect(stdout).toContain(word);
  });
});

test('docs/rcm.md has every command, and every code of the standing', () => {
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
