import { identityKeys, parsePayload } from '@rcm/credentials';
import { compareTexts, vocabularyOf } from '@rcm/credentials/legacy';
import type { EndpointRow } from '@rcm/db';
import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { Tally } from '../commands/tally.ts';
import { type Examiner, examine } from '../credential/examine.ts';
import { lookInto } from '../credential/look.ts';
import { legacyTable } from '../legacy-table.fixture.ts';

const ROWS = legacyTable(5_000);
const endpoint = (id: string): EndpointRow =>
  ({
    id,
    orgId: 'north-1',
    portalTypeCode: 'alpine',
    portalType: { code: 'alpine', accountRealm: null, usernameCase: 'exact', totpPeriodSeconds: 30 },
  }) as EndpointRow;
const key = 'canary-key-0123456789-0123456789-0123456789';
const examiner = {
  keys: identityKeys({ RCM_IDENTITY_KEY: new Secret(key), RCM_IDENTITY_KEY_ID: '1' }),
  places: { new: [{ store: 'secrets-manager' }], largePayloads: 'refuse' },
  vocabulary: vocabularyOf(),
} as unknown as Examiner;

const looked = ROWS.map((row) => {
  const { credentials, elsewhere } = lookInto(new Secret(row.config), examiner.vocabulary);
  if (credentials === null) throw new Error(`${row.id} has no credentials`);
  return { row, credentials, elsewhere, found: examine(endpoint(row.id), credentials, examiner) };
});

describe('a legacy table of 5,000 rows by somebody else’s truth', () => {
  it('has enough of each kind to say something', () => {
    const of = (is: string) => ROWS.filter(({ truth }) => truth.is === is).length;
    expect([of('login') > 3_500, of('refused') > 500, of('empty') > 150, ROWS.filter((row) => row.elsewhere.length > 0).length > 1_000]).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('every row becomes the login that it is, field by field, or is named with its path', () => {
    const wrong = looked.flatMap(({ row, found }): object[] => {
      const { truth } = row;
      if (truth.is === 'empty') return found.ok || !found.empty ? [{ row, found }] : [];
      if (truth.is === 'refused') return found.ok || found.path !== truth.path ? [{ row, found }] : [];
      if (!found.ok) return [{ row, found }];
      const { legacy_form: _form, ...fields } = JSON.parse(found.text.reveal()) as Record<string, unknown>;
      const without = Object.fromEntries(Object.entries(fields).filter(([name, value]) => value !== '' || name in truth.fields));
      return isSame(without, truth.fields) ? [] : [{ row, without }];
    });
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(wrong).toHaveLength(0);
  });

  it('what is stored says how the row was written, so that the row proves it, and an edit of any value shows', () => {
    for (const { row, credentials, found } of looked) {
      if (!found.ok) continue;
      const like = (legacy: Secret<string>) => compareTexts({ id: '1', secret: new Secret(key) }, { legacy, stored: found.text }).is;
      expect(like(credentials), row.id).toBe('equal');
      const { password } = parsePayload(found.text).reveal();
      // One that needs no escape stands in the text as it is, however deep.
      const other = credentials.map((text) => (/^\w+$/.test(password) ? text.replaceAll(password, `${[...password].reverse().join('')}7`) : text));
      if (other.reveal() !== credentials.reveal()) expect(like(other), row.id).not.toBe('equal');
    }
  });

  it('every secret beside the login is found where it lies, known for the login’s own where it is, and nothing else is', () => {
    const wrong = looked.flatMap(({ row, elsewhere }) => {
      const seen = [...Map.groupBy(elsewhere, ({ path }) => path)].map(([path, all]) => ({ path, same: all.some(({ why }) => why === 'same') }));
      return isSame(seen, row.elsewhere) ? [] : [{ config: row.config, seen, truth: row.elsewhere }];
    });
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(wrong).toHaveLength(0);
  });

  it('nothing that is said of it holds a value', () => {
    const tally = new Tally();
    for (const { row, elsewhere, found } of looked) {
      tally.shape(row.id, found);
      tally.elsewhere(elsewhere);
    }
    const said = JSON.stringify(tally.json) + tally.lines.join('\n');
    expect(ROWS.flatMap(({ values }) => values).filter((value) => said.includes(value))).toEqual([]);
    expect(tally.json.shapes.length).toBeLessThan(400);
  });
});

const isSame = (a: unknown, b: unknown): boolean => {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
};
