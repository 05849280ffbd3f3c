import { hasCode } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { parseGroups, rolesOf } from './access/groups.ts';
import { readConsoleConfig } from './config.ts';

const GOOD = {
  RCM_DATABASE_URL: 'postgresql://console@127.0.0.1/rcm',
  RCM_CONSOLE_URL: 'https://logins.example',
  RCM_CONSOLE_ISSUER: 'https://id.example/realm',
  RCM_CONSOLE_CLIENT_ID: 'rcm-console',
  RCM_CONSOLE_ROLES: 'ops=operator@*, north=viewer@hospital-north',
};

test('what is needed is read, with sessions that are short', () => {
  expect(readConsoleConfig(GOOD)).toMatchObject({
    RCM_CONSOLE_IDLE_MS: 900_000,
    RCM_CONSOLE_ROLES: [
      { group: 'ops', role: 'operator', organization: '*' },
      { group: 'north', role: 'viewer', organization: 'hospital-north' },
    ],
  });
});

test.each([
  ['RCM_CONSOLE_URL', 'http://logins.example'],
  ['RCM_CONSOLE_URL', 'https://logins.example/path'],
  ['RCM_CONSOLE_URL', 'https://user@logins.example'],
  ['RCM_CONSOLE_ISSUER', 'http://id.example'],
  ['RCM_CONSOLE_HOST', '0.0.0.0'],
  ['RCM_CONSOLE_ROLES', 'ops=admin@*'],
  ['RCM_CONSOLE_ROLES', 'ops=operator'],
  ['RCM_CONSOLE_ROLES', 'ops=operator@No Id'],
  ['RCM_CONSOLE_SCOPES', 'profile'],
  ['RCM_CONSOLE_SESSION_MS', '172800000'],
  ['RCM_CONSOLE_CLIENT_SECRET', 'short'],
  ['RCM_CONSOLE_TLS_CERT', 'x'],
])('%s=%s is refused by name', (name, value) => {
  try {
    readConsoleConfig({ ...GOOD, [name]: value });
  } catch (error) {
    expect(hasCode(error, 'config_invalid')).toBe(true);
    return void expect((error as Error).message).toContain(`  ${name === 'RCM_CONSOLE_TLS_CERT' ? 'RCM_CONSOLE_TLS_KEY' : name}:`);
  }
  throw new Error('it was taken');
});

test('an organization may be called as something that every object has', () => {
  const table = parseGroups('north=viewer@constructor');
  if (typeof table === 'string') throw new Error(table);
  expect(rolesOf(['north'], table)).toEqual({ constructor: ['viewer'] });
});

test('a claim gives what its groups are, and nothing else does', () => {
  const table = parseGroups('ops=operator@*,ops=auditor@*,north=viewer@north');
  if (typeof table === 'string') throw new Error(table);
  expect(rolesOf(['ops', 'north', 'other'], table)).toEqual({ '*': ['operator', 'auditor'], north: ['viewer'] });
  for (const claim of [undefined, null, 'ops', { ops: true }, [['ops']], ['OPS'], ['__proto__']]) expect(rolesOf(claim, table)).toEqual({});
});
