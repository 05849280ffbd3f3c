import { Secret } from '@rcm/telemetry';
import { describe, expect, test } from 'vitest';
import type { Mapping } from './mapping.ts';
import { readRow, type RowRead } from './read-row.ts';

const MAPPING: Mapping = {
  ...{ source: 'crm', portal_types: {}, only: { ACTIVE: ['1', 'yes'] } },
  hospital: { id: 'H', name: 'HN', prefix: 'h-', ids: { '7': 'north' } },
  firm: { id: 'F', name: 'FN', prefix: 'f-' },
  endpoint: { id: 'ID', prefix: 'l-', account: 'A', base_url: 'URL', changed: 'C' },
  credentials: { columns: { username: 'U', password: 'P' } },
};
const GOOD = {
  ...{
    'endpoint.id': '12',
    'endpoint.account': 'Desk',
    'endpoint.base_url': 'https://alpine.example/',
    'endpoint.changed': '2026-01-01',
    'only.ACTIVE': 'yes',
  },
  ...{ 'hospital.id': '3', 'hospital.name': 'Clinic', 'firm.id': '9', 'firm.name': 'Firm', 'credentials.username': 'u', 'credentials.password': 'p' },
};
/** What `undefined` stands at is not in the row. */
function read(cells: Readonly<Record<string, string | undefined>>, mapping: Partial<Mapping> = {}): RowRead {
  const there = Object.entries({ ...GOOD, ...cells }).flatMap(([role, cell]) => (cell === undefined ? [] : [[role, cell] as const]));
  return readRow({ number: 4, cells: new Secret(new Map(there) as never) }, { ...MAPPING, ...mapping });
}
const rowOf = (...given: Parameters<typeof read>) => {
  const answer = read(...given);
  if (answer.is !== 'row') throw new Error(JSON.stringify(answer));
  return { ...answer.row, url: answer.row.url.href, config: JSON.parse(answer.row.config.reveal()) as unknown };
};

const HOSPITAL = { kind: 'hospital', sourceId: '3', orgId: 'h-3', said: false, name: 'Clinic' };
const FIRM = { kind: 'firm', sourceId: '9', orgId: 'f-9', said: false, name: 'Firm' };

test('a row is read by the mapping', () => {
  expect(rowOf({})).toEqual({
    ...{ number: 4, sourceId: '12', sourceChanged: '2026-01-01', endpointId: 'l-12', accountId: expect.stringMatching(/^desk-/) },
    ...{ organization: HOSPITAL, above: FIRM, url: 'https://alpine.example/', hasLogin: true },
    config: { credentials: { username: 'u', password: 'p' } },
  });
});

describe('the organization of a row is', () => {
  test.each<[string, Parameters<typeof read>, unknown, unknown]>([
    ['its hospital, below its firm', [{}], HOSPITAL, FIRM],
    ['its hospital alone', [{ 'firm.id': '' }], HOSPITAL, null],
    ['its firm alone', [{ 'hospital.id': undefined }], FIRM, null],
    ['the one that the mapping names', [{}, { hospital: { is: 'north' } }], { is: 'north' }, FIRM],
    ['the one that the mapping says it is', [{ 'hospital.id': '7' }], { ...HOSPITAL, sourceId: '7', orgId: 'north', said: true }, FIRM],
    ['without a name where there is none to be seen', [{ 'hospital.name': ' \0 ' }], { ...HOSPITAL, name: null }, FIRM],
    ['without a name where the row has none', [{ 'firm.name': undefined }], HOSPITAL, { ...FIRM, name: null }],
  ])('%s', (_, given, organization, above) => expect(rowOf(...given)).toMatchObject({ organization, above }));
});

test('what a row does not say is left out, and an account that has no column is the login’s own', () => {
  expect(rowOf({ 'endpoint.changed': undefined }).sourceChanged).toBeNull();
  expect(rowOf({ 'endpoint.changed': 'x'.repeat(300) }).sourceChanged).toBe('x'.repeat(200));
  expect(rowOf({}, { endpoint: { id: 'ID', prefix: 'l-', base_url: 'URL' } }).accountId).toBe('l-12');
  expect(rowOf({ 'credentials.username': '', 'credentials.password': undefined }).hasLogin).toBe(false);
});

const LONG = 'x'.repeat(201);
test.each<[string, Parameters<typeof read>, readonly (readonly [code: string, role: string])[]]>([
  ['no id', [{ 'endpoint.id': undefined }], [['id_missing', 'endpoint.id']]],
  ['an empty id', [{ 'endpoint.id': '' }], [['id_missing', 'endpoint.id']]],
  ['an id that is too long', [{ 'endpoint.id': LONG }], [['id_unusable', 'endpoint.id']]],
  ['no account', [{ 'endpoint.account': ' ' }], [['account_missing', 'endpoint.account']]],
  ['an account that cannot be seen', [{ 'endpoint.account': 'a\u200b' }], [['id_unusable', 'endpoint.account']]],
  ['no organization', [{ 'hospital.id': '', 'firm.id': '' }], [['organization_missing', 'hospital.id']]],
  ['a firm that cannot be told', [{ 'firm.id': LONG }], [['organization_unusable', 'firm.id']]],
  ['a firm that cannot be told, and no hospital', [{ 'firm.id': LONG, 'hospital.id': '' }], [['organization_unusable', 'firm.id']]],
  ['a hospital that cannot be told', [{ 'hospital.id': LONG }], [['organization_unusable', 'hospital.id']]],
  ['no address', [{ 'endpoint.base_url': undefined }], [['base_url', 'endpoint.base_url']]],
  ['an address with a user', [{ 'endpoint.base_url': 'https://u@alpine.example' }], [['base_url', 'endpoint.base_url']]],
  ['a cell that is no text', [{ 'credentials.password': 'a\0' }], [['not_text', 'credentials.password']]],
  [
    'everything at once',
    [{ 'endpoint.id': '', 'firm.id': LONG, 'hospital.id': LONG, 'endpoint.base_url': 'x', 'endpoint.account': '', 'credentials.username': '\0' }],
    [
      ['id_missing', 'endpoint.id'],
      ['organization_unusable', 'firm.id'],
      ['organization_unusable', 'hospital.id'],
      ['base_url', 'endpoint.base_url'],
      ['account_missing', 'endpoint.account'],
      ['not_text', 'credentials.username'],
    ],
  ],
])('%s: it is refused, and every reason is told by what the cell is for', (_, given, refusals) => {
  const sourceId = given[0]['endpoint.id'] === undefined && !('endpoint.id' in given[0]) ? '12' : null;
  expect(read(...given)).toEqual({ is: 'refused', row: { number: 4, sourceId, refusals: refusals.map(([code, role]) => ({ code, role })) } });
});

test('a row that nobody asks for is passed over, whatever else is wrong with it; one without an id is not', () => {
  expect(read({ 'only.ACTIVE': 'no', 'endpoint.base_url': 'x' })).toEqual({ is: 'not_wanted', sourceId: '12' });
  expect(read({ 'only.ACTIVE': undefined })).toEqual({ is: 'not_wanted', sourceId: '12' });
  expect(read({ 'only.ACTIVE': 'no', 'endpoint.id': '' })).toMatchObject({ is: 'refused' });
});
