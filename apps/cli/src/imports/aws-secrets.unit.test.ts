import { Secret } from '@rcm/telemetry';
import { describe, expect, test } from 'vitest';
import { exportedFrom } from './aws-secrets.ts';
import { loginsOf } from './logins-of.ts';
import { readMapping } from './mapping.ts';

const mapping = (secrets?: object) =>
  readMapping(
    JSON.stringify({
      portals: [
        { address: 'portal.alpine.example', portal_type: 'alpine', custom_fields: { account_number: 'member' } },
        { address: 'birch.example', portal_type: 'birch' },
      ],
      organizations: { 'payers/north': 'north', '*': 'others' },
      ...(secrets === undefined ? {} : { secrets }),
    }),
  );
const secret = (name: string, value: unknown) => ({
  name,
  text: value === null ? null : new Secret(typeof value === 'string' ? value : JSON.stringify(value)),
});
const mapped = (secrets: readonly ReturnType<typeof secret>[], rule?: object) => {
  const { logins, ...rest } = loginsOf(exportedFrom(secrets, mapping(rule).secrets), mapping(rule));
  return { ...rest, logins: logins.map(({ id, payload }) => ({ id, payload: JSON.parse(payload.reveal()) as unknown })) };
};

describe('secrets of another program', () => {
  test('are items: titled by the last part of their name, in a folder of those before, at the address that they name', () => {
    const value = { username: 'north', password: 'p1', url: 'https://portal.alpine.example/login', member: 77, note: null, more: { deep: 1 } };
    expect(mapped([secret('payers/north/Front Desk', value)])).toEqual({
      logins: [{ id: 'north-alpine-front-desk', payload: { username: 'north', password: 'p1', custom_fields: { account_number: '77' } } }],
      wrong: [],
      leftOut: [],
    });
  });

  test('have their numbers as they are written, to the last digit', () => {
    const value = '{"username": 12345678901234567, "password": 98765432109876543210, "url": "portal.alpine.example", "member": 1.10}';
    expect(mapped([secret('payers/north/front', value)]).logins).toEqual([
      {
        id: 'north-alpine-front',
        payload: { username: '12345678901234567', password: '98765432109876543210', custom_fields: { account_number: '1.10' } },
      },
    ]);
  });

  test('have the fields that the mapping calls so, and where they name no address that of the longest beginning of their name', () => {
    const addresses = { 'payers/': 'bank.example', 'payers/birch/': 'birch.example' };
    const rule = { username: 'user', password: 'pass', one_time_codes: 'otp', addresses };
    const value = { user: 'u', pass: 'p', otp: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' };
    expect(mapped([secret('payers/birch/one', value), secret('payers/other', value)], rule)).toEqual({
      logins: [{ id: 'others-birch-one', payload: { username: 'u', password: 'p', mfa_seed: value.otp } }],
      wrong: [],
      leftOut: [{ place: 2, why: 'is at no address of the mapping' }],
    });
  });

  test('that are none are left out, or wrong where they are at an address, and nothing of them is repeated', () => {
    const addresses = { 'payers/birch/': 'birch.example' };
    const found = mapped(
      [
        secret('rcm/prod/mercy/endpoints/e/a', { username: 'u', password: 'p', url: 'birch.example' }),
        secret('payers/file', null),
        secret('payers/birch/text', 'canary-1'),
        secret('payers/birch/list', ['canary-1']),
        secret('payers/note', 'canary-1'),
      ],
      { addresses },
    );
    expect(found).toEqual({
      logins: [],
      leftOut: [
        { place: 1, why: 'is the platform’s own' },
        { place: 2, why: 'holds no text' },
        { place: 5, why: 'is at no address of the mapping' },
      ],
      wrong: [
        { place: 3, why: 'has no user name' },
        { place: 4, why: 'has no user name' },
      ],
    });
  });
});
