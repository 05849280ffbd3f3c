import { hasCode } from '@rcm/telemetry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSessionAddresses, type Destination, type FoundAddress } from './session-addresses.ts';

const PORTAL: Destination = { host: 'portal.example:8443', name: 'portal.example', address: 'public', receives: true };
const answer = (...addresses: string[]): FoundAddress[] => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const failure = (promise: Promise<unknown>) => promise.then(() => null).catch((error: unknown) => error);
const refused = (error: unknown): boolean => hasCode(error, 'address_refused');
const unresolved = (error: unknown): boolean => hasCode(error, 'portal_unavailable');

describe('the addresses of a session', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('are asked for once, however many connections want them at once', async () => {
    const lookup = vi.fn(async () => answer('93.184.216.34'));
    const addresses = createSessionAddresses({ lookup });
    const found = await Promise.all(Array.from({ length: 50 }, () => addresses.of(PORTAL)));
    expect(new Set(found.flat().map(({ address }) => address))).toEqual(new Set(['93.184.216.34']));
    expect(lookup).toHaveBeenCalledTimes(1);
  });

  it('stay refused, whatever the name answers later', async () => {
    const lookup = vi.fn(async () => answer('93.184.216.34')).mockResolvedValueOnce(answer('10.0.0.1'));
    const addresses = createSessionAddresses({ lookup, portalType: 'alpine' });
    for (let times = 0; times < 3; times += 1) expect(await failure(addresses.of(PORTAL))).toSatisfy(refused);
    expect(lookup).toHaveBeenCalledTimes(1);
  });

  it('are judged for each host as its portal type declares it', async () => {
    const lookup = vi.fn(async () => answer('10.0.0.1'));
    const addresses = createSessionAddresses({ lookup });
    expect(await addresses.of({ ...PORTAL, address: 'private' })).toEqual(answer('10.0.0.1'));
    expect(await failure(addresses.of(PORTAL))).toSatisfy(refused);
    expect(await failure(addresses.of({ ...PORTAL, address: 'loopback' }))).toSatisfy(refused);
  });

  it('are all checked, also those that are too many to be tried', async () => {
    const many = Array.from({ length: 30 }, (_, index) => `93.184.216.${index}`);
    expect(await createSessionAddresses({ lookup: async () => answer(...many) }).of(PORTAL)).toHaveLength(8);
    expect(await failure(createSessionAddresses({ lookup: async () => answer(...many, '127.0.0.1') }).of(PORTAL))).toSatisfy(refused);
    const endless = Array.from({ length: 300 }, () => '93.184.216.34');
    expect(await failure(createSessionAddresses({ lookup: async () => answer(...endless) }).of(PORTAL))).toSatisfy(unresolved);
  });

  it('are not waited for without end, and asked for again, but only so often', async () => {
    const lookup = vi.fn(() => new Promise<never>(() => undefined));
    const addresses = createSessionAddresses({ lookup });
    for (let times = 0; times < 40; times += 1) {
      const failed = failure(addresses.of(PORTAL));
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await failed).toSatisfy(unresolved);
    }
    expect(lookup).toHaveBeenCalledTimes(20);
  });

  it('are nothing to ask for where the host is an address', async () => {
    const lookup = vi.fn(async () => answer('93.184.216.34'));
    const addresses = createSessionAddresses({ lookup });
    expect(await addresses.of({ host: '[::1]:8443', name: '::1', address: 'loopback' })).toEqual(answer('::1'));
    expect(await failure(addresses.of({ host: '169.254.169.254', name: '169.254.169.254', address: 'private' }))).toSatisfy(refused);
    expect(lookup).not.toHaveBeenCalled();
  });
});
