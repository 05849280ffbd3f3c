import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Folder, openFolder } from '../adopt.fixture.ts';
import { LEFT, REFUSALS } from './findings.ts';
import { readMapping, rolesOf, tableOf } from './mapping.ts';
import { MAPPING } from './source-table.fixture.ts';

let folder: Folder;
beforeAll(() => void (folder = openFolder()));
afterAll(() => folder.remove());
const read = (mapping: unknown) => readMapping(folder.file('m.json', typeof mapping === 'string' ? mapping : JSON.stringify(mapping)));

const PLAIN = { source: 'crm', hospital: { id: 'H' }, endpoint: { id: 'ID', base_url: 'URL' }, credentials: { columns: { username: 'U', password: 'P' } } };

test('a mapping is UTF-8, with or without a byte order mark', () => {
  expect(read(`\uFEFF${JSON.stringify(PLAIN)}`)).toEqual(read(PLAIN));
  const latin1 = folder.file('latin1.json', '');
  writeFileSync(latin1, JSON.stringify({ ...PLAIN, hospital: { id: 'HÄUSER' } }), 'latin1');
  expect(() => readMapping(latin1)).toThrow(/not UTF-8/);
});

test('a mapping says of each cell what it is for, and where it lies', () => {
  const roles = rolesOf(read(MAPPING));
  expect(Object.fromEntries(roles)).toMatchObject({
    'endpoint.id': { in: 'row', column: 'LOGIN_NO' },
    'hospital.id': { in: 'row', column: 'HOSPITAL_NO' },
    'hospital.name': { in: 'hospital', column: 'TITLE' },
    'firm.id': { in: 'hospital', column: 'FIRM_NO' },
    'firm.name': { in: 'firm', column: 'TITLE' },
    'only.ACTIVE': { in: 'row', column: 'ACTIVE' },
    credentials: { in: 'row', column: 'SETTINGS' },
  });
  expect(tableOf(read(MAPPING)).lookups).toEqual([
    { as: 'hospital', table: 'crm.HOSPITALS', key: 'NO', by: { in: 'row', column: 'HOSPITAL_NO' } },
    { as: 'firm', table: 'crm.FIRMS', key: 'NO', by: { in: 'hospital', column: 'FIRM_NO' } },
  ]);
  expect([...rolesOf(read({ ...PLAIN, hospital: { is: 'north' } })).keys()]).toEqual([
    'endpoint.id',
    'endpoint.base_url',
    'credentials.username',
    'credentials.password',
  ]);
  expect(() => tableOf(read(PLAIN))).toThrow(/--csv or --jsonl/);
});

describe('what no mapping says is refused by its place', () => {
  test.each([
    ['{', /it is not JSON/],
    [{ ...PLAIN, sauce: 'x' }, /sauce/],
    [{ ...PLAIN, source: 'Not An Id' }, /source: must be lower-case/],
    [{ ...PLAIN, hospital: { id: 'H', table: 't' } }, /hospital: table and key go together/],
    [{ ...PLAIN, hospital: { is: 'north' }, firm: { id: 'F' } }, /firm: an organization that is there/],
    [{ ...PLAIN, endpoint: { id: 'ID' } }, /endpoint\.base_url/],
    [{ ...PLAIN, endpoint: { ...PLAIN.endpoint, prefix: 'Big-' } }, /endpoint\.prefix/],
    [{ ...PLAIN, credentials: { columns: { nothing: 'X' } } }, /credentials/],
    [{ ...PLAIN, credentials: { column: 'X', path: 'a[].b' } }, /credentials/],
    [{ ...PLAIN, config: { credentials: 'X' } }, /config: credentials is the name/],
    [{ ...PLAIN, portal_types: { 'not an address': 'alpine' } }, /portal_types/],
    [{ ...PLAIN, portal_types: { 'https://a.example': 'No Id' } }, /portal_types/],
  ])('%#', (mapping, said) => {
    expect(() => read(mapping)).toThrow(said);
    expect(() => read(mapping)).toThrow(/Nothing was changed/);
  });
  test('a file that is not there', () => expect(() => readMapping(`${import.meta.dirname}/none.json`)).toThrow(/cannot be opened/));
});

describe('docs/adopt.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/adopt.md'), 'utf8');
  test('shows the mapping that the tests run', () => {
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
    expect(JSON.parse(example)).toEqual(MAPPING);
  });
  test('explains each code, and no other', () => {
    const tables = page.split(/^\| code \| why /m).slice(1);
    const codes = tables.map((table) => [...table.matchAll(/^\| `([a-z_]+)` \| /gm)].map(([, code]) => code));
    expect(codes).toEqual([Object.keys(LEFT), Object.keys(REFUSALS)]);
  });
});
