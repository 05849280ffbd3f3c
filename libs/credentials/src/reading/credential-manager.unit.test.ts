import { RcmError, Secret } from '@rcm/telemetry';
import { beforeEach, describe, expect, it } from 'vitest';
import { referenceKey } from '../reference.ts';
import { referenceOf } from './fake-stores.fixture.ts';
import { codeOf, ManagerUnderTest, reference, seen, TTL } from './manager-under-test.fixture.ts';

let read: ManagerUnderTest;

beforeEach(() => {
  read = new ManagerUnderTest();
});

describe('a held credential', () => {
  it('is read once and used until its time is over', async () => {
    expect(await seen(read.get())).toEqual(['one', '1', 'store']);
    read.clock.forward(TTL - 1);
    expect(await seen(read.get('1'))).toEqual(['one', '1', 'cache']);
    expect(read.stores.batches).toHaveLength(1);
    read.clock.forward(1);
    expect(await seen(read.get('1'))).toEqual(['one', '1', 'store']);
    expect(await read.metric('rcm_credential_refreshes_total{why="expired"}')).toBe(1);
  });

  it('expires at different times where it was read at the same time', async () => {
    const early = read.create({ random: () => 1, ttlJitter: 0.1 });
    await early.get({ orgId: 'org-a', reference, version: null });
    read.clock.forward(TTL * 0.9);
    expect((await early.get({ orgId: 'org-a', reference, version: null })).served).toBe('store');
  });

  it('is not another tenant’s, even where the caller changes the reference that it was read with', async () => {
    const changing = { ...reference };
    await read.get(null, changing);
    Object.assign(changing, { organizationId: 'org-b' });
    expect(await codeOf(read.get(null, changing, 'org-b'))).toBe('secret_missing');
    expect(() => Object.assign(reference, { organizationId: 'org-b' })).toThrow(TypeError);
  });

  it('of another version than asked for is read again, not used', async () => {
    await read.get('1');
    read.stores.put(reference, 'two', '2');
    expect(await seen(read.get('2'))).toEqual(['two', '2', 'store']);
    expect(await read.metric('rcm_credential_refreshes_total{why="version"}')).toBe(1);
  });

  it('gives way to a store that is ahead of the row', async () => {
    await read.get('1');
    read.stores.put(reference, 'three', '3');
    expect(await seen(read.get('2'))).toEqual(['three', '3', 'store']);
    expect(await seen(read.get('3'))).toEqual(['three', '3', 'cache']);
  });

  it('is forgotten when it is invalidated', async () => {
    await read.get();
    read.stores.put(reference, 'two', '2');
    read.manager.invalidate({ reference });
    expect(await seen(read.get())).toEqual(['two', '2', 'store']);
  });

  it('falls out where there is no room, the longest unused first', async () => {
    read.manager = read.create({ maxEntries: 2 });
    const [second, third] = [referenceOf('org-a', 'e2'), referenceOf('org-a', 'e3')];
    for (const ref of [second, third]) read.stores.put(ref, 'x', '1');
    await read.get();
    await read.get(null, second);
    await read.get();
    await read.get(null, third);
    expect((await read.get()).served).toBe('cache');
    expect((await read.get(null, second)).served).toBe('store');
  });

  it('does not leave in print', async () => {
    expect(JSON.stringify(await read.get())).not.toContain('"one"');
  });
});

describe('another organization', () => {
  it('is refused before anything is looked up, also what is held already', async () => {
    await read.get();
    const asked = read.stores.batches.length;
    expect(await codeOf(read.get(null, reference, 'org-b'))).toBe('reference_not_yours');
    expect(await codeOf(read.get(null, referenceOf('org-b', 'e1'), 'org-a'))).toBe('reference_not_yours');
    expect(read.stores.batches).toHaveLength(asked);
    expect(await read.metric('rcm_credential_failures_total{code="reference_not_yours"}')).toBe(2);
  });
});

describe('an organization that the deployment does not serve', () => {
  it('is refused to the caller; the process goes on', async () => {
    read.stores.unserved = 'org-b';
    expect(await codeOf(read.get(null, referenceOf('org-b', 'e1')))).toBe('reference_not_yours');
    expect(await seen(read.get())).toEqual(['one', '1', 'store']);
  });
});

describe('reads at the same time', () => {
  it('of one reference are one call', async () => {
    const all = await Promise.all(Array.from({ length: 1000 }, () => read.get()));
    expect(read.stores.batches).toEqual([{ orgId: 'org-a', size: 1 }]);
    expect(new Set(all.map(({ version }) => version))).toEqual(new Set(['1']));
  });

  it('of one tenant share calls of ten, and tenants never share one', async () => {
    const refs = ['org-a', 'org-b'].flatMap((org) => Array.from({ length: 25 }, (_, i) => referenceOf(org, `many-${i}`)));
    refs.forEach((ref, i) => read.stores.put(ref, `p${i}`, '1'));
    const passwords = await Promise.all(refs.map(async (ref) => (await read.get(null, ref)).payload.reveal().password));
    expect(passwords).toEqual(refs.map((_, i) => `p${i}`));
    expect(read.stores.batches.map(({ orgId, size }) => `${orgId} ${size}`).sort()).toEqual([
      'org-a 10',
      'org-a 10',
      'org-a 5',
      'org-b 10',
      'org-b 10',
      'org-b 5',
    ]);
  });

  it('wait for a free call beyond the limit, and are refused beyond the queue', async () => {
    read.manager = read.create({ maxParallel: 1, maxWaiting: 20 });
    read.stores.batchSize = 1;
    const ends = await Promise.all(Array.from({ length: 25 }, (_, i) => codeOf(read.get(null, referenceOf('org-a', `many-${i}`)))));
    expect(ends.filter((code) => code === 'secret_missing')).toHaveLength(20);
    expect(ends.filter((code) => code === 'store_throttled')).toHaveLength(5);
  });

  it('that one refused reference is among succeed but for that one', async () => {
    const [refused, broken] = [referenceOf('org-a', 'refused'), referenceOf('org-a', 'broken')];
    read.stores.refused.set(referenceKey(refused), new RcmError('store_denied', 'no'));
    read.stores.secrets.set(referenceKey(broken), { text: new Secret('no payload'), version: '1' });
    expect(await Promise.all([codeOf(read.get()), codeOf(read.get(null, refused)), codeOf(read.get(null, broken))])).toEqual([
      'no error',
      'store_denied',
      'payload_invalid',
    ]);
  });

  it('end for the caller who gives up, and go on for the others', async () => {
    const hold = Promise.withResolvers<void>();
    read.stores.held = hold.promise;
    const abort = new AbortController();
    const impatient = codeOf(read.manager.get({ orgId: 'org-a', reference, version: null, signal: abort.signal }));
    const patient = read.get();
    abort.abort();
    expect(await impatient).toBe('cancelled');
    hold.resolve();
    expect(await seen(patient)).toEqual(['one', '1', 'store']);
    expect(await codeOf(read.manager.get({ orgId: 'org-a', reference: referenceOf('org-a', 'e9'), version: null, signal: AbortSignal.abort() }))).toBe(
      'cancelled',
    );
  });

  it('do not trust a read that began before their version was known', async () => {
    const hold = Promise.withResolvers<void>();
    read.stores.held = hold.promise;
    const before = read.get('1');
    await new Promise(setImmediate);
    read.stores.put(reference, 'two', '2');
    const after = read.get('2');
    read.stores.held = null;
    hold.resolve();
    expect(await seen(before)).toEqual(['one', '1', 'store']);
    expect(await seen(after)).toEqual(['two', '2', 'store']);
    expect(await seen(read.get('2'))).toEqual(['two', '2', 'cache']);
  });

  it('that were under way at an invalidation are not kept', async () => {
    const hold = Promise.withResolvers<void>();
    read.stores.held = hold.promise;
    const before = read.get();
    await new Promise(setImmediate);
    read.stores.put(reference, 'two', '2');
    read.manager.invalidate({ reference });
    read.stores.held = null;
    expect(await seen(read.get())).toEqual(['two', '2', 'store']);
    hold.resolve();
    await before;
    expect(await seen(read.get())).toEqual(['two', '2', 'cache']);
  });

  it('that were under way at an invalidation do not get in the way of the one that followed', async () => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    read.stores.held = first.promise;
    const before = read.get();
    await new Promise(setImmediate);
    read.stores.put(reference, 'two', '2');
    read.manager.invalidate({ reference });
    read.stores.held = second.promise;
    const after = read.get();
    await new Promise(setImmediate);
    first.resolve();
    expect(await seen(before)).toEqual(['one', '1', 'store']);
    second.resolve();
    expect(await seen(after)).toEqual(['two', '2', 'store']);
    expect(await seen(read.get())).toEqual(['two', '2', 'cache']);
  });
});
