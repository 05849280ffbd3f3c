import { expect, it } from 'vitest';
import { lintRecipe } from './lint.ts';

const recipe = (device: string, version = 2): string => `version: ${version}
name: sample
hosts: { idp: { host: login.example, secrets: true }, assets: { host: cdn.example } }
device: ${device}
login: { outcomes: [{ when: { text: In }, is: accepted }, { when: { text: No }, is: rejected }] }
`;
const problemsOf = (device: string, version?: number) =>
  lintRecipe(recipe(device, version), { file: 'a' }).problems.map(({ at, message, suggestion }) => [at, message, suggestion]);
const said = (message: string) => expect.stringContaining(message) as string;

it.each(['{ cookies: [known], days: 30 }', '{ storage: [a.b], days: 1, forgotten_on_change: true }', '{ host: idp, cookies: [__Host-known, b], days: 400 }'])(
  'takes by what a portal knows a device: %s',
  (device) => {
    expect(problemsOf(device)).toEqual([]);
  },
);

it.each([
  ['{ days: 30 }', 'device', 'needs one of: cookies, storage', null],
  ['{ cookies: [known] }', 'device.days', 'is needed', null],
  ['{ cookies: [], days: 30 }', 'device.cookies', '', null],
  ['{ cookies: [a, a], days: 30 }', 'device.cookies', 'must name each once', null],
  ['{ cookies: ["a b"], days: 30 }', 'device.cookies[0]', 'must be the name of a cookie', null],
  ['{ cookies: ["a;b"], days: 30 }', 'device.cookies[0]', 'must be the name of a cookie', null],
  [`{ cookies: [${'a'.repeat(101)}], days: 30 }`, 'device.cookies[0]', 'must be the name of a cookie', null],
  ['{ storage: ["a\\nb"], days: 30 }', 'device.storage[0]', 'must be a key of localStorage', null],
  [`{ cookies: [${Array.from({ length: 11 }, (_, i) => `c${i}`).join(', ')}], days: 30 }`, 'device.cookies', '', null],
  ['{ cookies: [known], days: 0 }', 'device.days', '', null],
  ['{ cookies: [known], days: 401 }', 'device.days', '', null],
  ['{ cookies: [known], days: 30, forgotten_on_change: false }', 'device.forgotten_on_change', '', null],
  ['{ cookie: [known], days: 30 }', 'device.cookie', 'is not a key that is known here', 'cookies'],
  ['{ host: ipd, cookies: [known], days: 30 }', 'device.host', 'is not a name of hosts: ipd', 'idp'],
  ['{ host: assets, cookies: [known], days: 30 }', 'device.host', 'may not receive what is typed', null],
])('refuses %s', (device, at, message, suggestion) => {
  expect(problemsOf(device)).toContainEqual([at, said(message), suggestion]);
});

it('is of version 2', () => {
  expect(problemsOf('{ cookies: [known], days: 30 }', 1)).toContainEqual(['device', said('belongs to version 2'), null]);
});
