import { type Database, type NewPortalType, openDatabase } from '@rcm/db';
import { proposePortalType } from '@rcm/db/acts';
import { upsertPortalType } from '@rcm/db/admin';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rcm } from '../testing.fixture.ts';

const HOSTS = Array.from({ length: 60 }, (_, i) => `portal-${i}.alpine.example`);
const PORTAL: NewPortalType = { ...PLAIN_PORTAL_TYPE, hosts: HOSTS, recipe: { login: ['open', 'submit'] } };
/** It turns a line around, goes up and clears one, shows as nothing, and looks like a letter of ours. */
const HOSTILE = '\u202e\u2066\u009b1A\u009b2K\u001b[1A\u200b\u3164\u00ad\u0430\u2028\u{e0041}';
const BY_NUMBER = String.raw`\u202e\u2066\u009b1A\u009b2K\u001b[1A\u200b\u3164\u00ad\u0430\u2028\udb40\udc41`;

let operator: Database;
let owner: Database;
let environment: NodeJS.ProcessEnv;
let drop: () => Promise<void>;
beforeAll(async () => {
  const fresh = await freshDatabase({ migrate: migrateWithLogins });
  drop = fresh.drop;
  owner = openDatabase({ url: fresh.url, applicationName: 'owner', maxConnections: 1 });
  await upsertPortalType(owner, PORTAL);
  environment = { RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', fresh.url) };
  operator = openDatabase({ url: urlFor('rcm_operator', fresh.url), applicationName: 'jane', role: 'rcm_operator', maxConnections: 1 });
});
afterAll(async () => {
  await operator?.close();
  await owner?.close();
  await drop?.();
});

/** What whoever is to approve it sees, line by line. */
async function shown(then: object, columns: number): Promise<readonly string[]> {
  const { id } = await proposePortalType(operator, { ...PORTAL, ...then }, { actor: 'person:os:jane@desk', reason: 'the payer says so' });
  // No reason that steers is taken; what lies in the table is believed in nothing.
  await owner.transaction('no tenant', (tx) => tx.$executeRaw`UPDATE portal_type_change SET reason = ${`it does${HOSTILE.repeat(20)}`} WHERE id = ${id}::uuid`);
  const { stdout } = await rcm(['portal-type', 'proposed', id, '--color', 'never'], environment, columns);
  expect((await rcm(['portal-type', 'decline', id, '--reason', 'seen'], environment)).code).toBe(0);
  return stdout.trimEnd().split('\n');
}
/** Lines put together again from those of the terminal that each took. */
const together = (lines: readonly string[]): readonly string[] => lines.join('\n').replaceAll('\n> ', '').split('\n');
/** The lines that come. */
const coming = (lines: readonly string[]): readonly string[] =>
  together(lines)
    .filter((line) => line.startsWith('+ '))
    .map((line) => line.slice(2));

describe.each([80, 40])('at a terminal of %i columns', (columns) => {
  test.each<[what: string, then: object, come: readonly string[]]>([
    ['a host at the end of many', { hosts: [...HOSTS, 'passwords.example'] }, ['  "passwords.example"']],
    [
      'a host that says where it lies',
      { hosts: [...HOSTS, { host: 'a-host-of-a-private-network.alpine.example', address: 'private', name: 'a_name_of_forty_characters_in_its_recipe' }] },
      ['  {"address":"private","host":"a-host-of-a-private-network.alpine.example","name":"a_name_of_forty_characters_in_its_recipe"}'],
    ],
    ['a long name', { name: `${'Alpine '.repeat(100)}Health` }, [`"${'Alpine '.repeat(100)}Health"`]],
    ['a field that steers', { name: `Alpine${HOSTILE} Health` }, [`"Alpine${BY_NUMBER} Health"`]],
    ['a host that steers', { hosts: [...HOSTS, `alpine${HOSTILE}.example`] }, [`  "alpine${BY_NUMBER}.example"`]],
    [
      'a recipe that steers',
      { recipe: { login: ['open', `submit${HOSTILE} to ${'x'.repeat(100)}.example`] } },
      [`    "submit${BY_NUMBER} to ${'x'.repeat(100)}.example"`],
    ],
  ])('%s is there to its end', async (_, then, come) => {
    const lines = await shown(then, columns);
    expect(coming(lines)).toEqual(come);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  test('all of one that is not there yet', async () => {
    expect(coming(await shown({ code: 'new-one' }, columns))).toEqual(expect.arrayContaining(HOSTS.map((host) => `  "${host}"`)));
  });

  test('a value that is made up as lines of its own is not taken for them', async () => {
    const name = `Alpine${' '.repeat(columns - 9)}+ "alpine.example"`;
    expect((await shown({ name }, columns)).filter((line) => line.startsWith('+ '))).toHaveLength(1);
  });

  const atTerminal = async (...words: string[]): Promise<readonly string[]> => {
    const { stdout } = await rcm(['portal-type', ...words, '--color', 'never'], environment, columns);
    const lines = stdout.trimEnd().split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
    return together(lines);
  };

  test('in the list of what was proposed, who it was, of which portal type, how far it is and why', async () => {
    const code = `${'a'.repeat(58)}-${columns}`;
    const reason = `the payer says so${', and more'.repeat(90)}: the last word`;
    const { id } = await proposePortalType(operator, { ...PORTAL, code }, { actor: 'person:os:jane@desk', reason });
    const lines = await atTerminal('proposed');
    expect(lines).toContain(`${id}  ${code}  waits for approval`);
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^  proposed .* by person:os:jane@desk: ${reason}$`)));
  });

  test('in what is shown of a portal type, each of its hosts', async () => {
    expect(await atTerminal('show', 'alpine')).toContainEqual(expect.stringMatching(new RegExp(`^hosts +${HOSTS.join(' ')}$`)));
  });
});
