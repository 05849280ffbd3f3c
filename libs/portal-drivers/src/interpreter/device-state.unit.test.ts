import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { type DeviceState, heldState, isSameState, keptState } from './device-state.ts';

const place = { known: { cookies: ['known'], storage: ['mark'], days: 30 }, origin: 'https://login.payer.example' };
const cookie = (change: object = {}) => ({
  ...{ name: 'known', value: 'Canary-1234', domain: 'login.payer.example', path: '/', expires: -1, httpOnly: true, secure: true, sameSite: 'Lax' },
  ...change,
});
const state = (change: object = {}) => ({ origin: place.origin, cookies: [cookie()], storage: [{ name: 'mark', value: 'm' }], ...change });
const kept = (held: object) => keptState(new Secret(held), place);

describe('what was kept of a device', () => {
  it('is given as it is, of the host that made it', () => {
    expect(kept(state())).toEqual(state());
    expect(kept(state({ cookies: [cookie({ domain: '.payer.example' })] }))?.cookies).toHaveLength(1);
  });

  it.each([
    ['another host', state({ origin: 'https://login.payer.test' })],
    ['another scheme', state({ origin: 'http://login.payer.example' })],
    ['a value that would end its cookie', state({ cookies: [cookie({ value: 'a; Domain=evil.example' })] })],
    ['a line break in a value', state({ cookies: [cookie({ value: 'a\r\nx' })] })],
    ['more than it should have', state({ more: 1 })],
    ['too many cookies', state({ cookies: Array.from({ length: 21 }, () => cookie()) })],
    ['a value that no cookie has', state({ cookies: [cookie({ value: 'x'.repeat(4_097) })] })],
    ['nothing', {}],
    ['no object', { cookies: 'none' }],
  ])('is not given at all: %s', (_why, held) => {
    expect(kept(held)).toBeNull();
  });

  it.each([
    ['a cookie that the recipe does not name', cookie({ name: 'session' })],
    ['a cookie of another host', cookie({ domain: 'www.payer.example' })],
    ['a cookie of a host whose name ends alike', cookie({ domain: '.ayer.example' })],
    ['a cookie of the host below', cookie({ domain: '.deep.login.payer.example' })],
  ])('is given without %s', (_what, odd) => {
    expect(kept(state({ cookies: [cookie(), odd] }))?.cookies).toEqual([cookie()]);
    expect(kept(state({ cookies: [odd], storage: [{ name: 'other', value: 'x' }] }))).toBeNull();
  });
});

describe('what a browser holds of a device', () => {
  it('is what the recipe names, whatever else is there', () => {
    const cookies = [cookie({ partitionKey: 'x' }), cookie({ name: 'session' }), cookie({ value: 'x'.repeat(5_000), path: '/long' })];
    const origins = [
      {
        origin: place.origin,
        localStorage: [
          { name: 'mark', value: 'm' },
          { name: 'token', value: 't' },
        ],
      },
      { origin: 'https://www.payer.example', localStorage: [{ name: 'mark', value: 'theirs' }] },
    ];
    expect(heldState({ cookies, origins }, place)).toEqual(state());
    expect(heldState({ cookies: [cookie({ name: 'session' })], origins: [] }, place)).toBeNull();
  });

  it('is the same device where every value is, whenever its cookie ends', () => {
    const one = state() as DeviceState;
    expect(isSameState(one, state({ cookies: [cookie({ expires: 2_000_000_000 })] }) as DeviceState)).toBe(true);
    expect(isSameState(one, state({ cookies: [cookie({ value: 'renewed-1' })] }) as DeviceState)).toBe(false);
    expect(isSameState(one, state({ storage: [] }) as DeviceState)).toBe(false);
  });
});
