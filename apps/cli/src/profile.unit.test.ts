import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
