import { createMetrics, RcmError, Secret } from '@rcm/telemetry';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { referenceKey } from '../reference.ts';
import { type CredentialManager, type CredentialManagerOptions, createCredentialManager } from './credential-manager.ts';
import { FakeStores, referenceOf } from './fake-stores.fixture.ts';
import { ManualClock } from './manual-clock.fixture.ts';

const TTL = 600_000;
const STALE = 3_600_000;
const reference = referenceOf('org-a', 'e1');
const down = new RcmError('store_unavailable', 'down');

let stores: FakeStores;
let clock: ManualClock;
let metrics: ReturnType<typeof createMetrics>;
let manager: CredentialManager;

const create = (options: Partial<CredentialManagerOptions> = {}) =>
  createCredentialManager({ stores, metrics, clock, random: () => 0, maxTries: 1, ...options });
const get = (version: string | null = null, ref = reference, orgId = ref.organizationId) => manager.get({ orgId, reference: ref, version });
const seen = async (held: ReturnType<typeof get>) => {
  const { payload, version, served } = await held;
  return [payload.reveal().password, version, served];
};
const codeOf = (held: Promise<unknown>) =>
  held.then(
    () => 'no error',
    (error: unknown) => (error instanceof RcmError ? error.code : String(error)),
  );
/** A value of the exposition, 0 where the line is not there. */
const metric = async (line: string) =>
  Number(
    (await metrics.exposition())
      .split('\n')
      .find((text) => text.startsWith(`${line} `))
      ?.split(' ')
      .at(-1) ?? 0,
  );

beforeEach(() => {
  stores = new FakeStores();
  stores.put(reference, 'one', '1');
  clock = new ManualClock();
  metrics = createMetrics();
  manager = create();
});

describe('a held credential', () => {
  it('is read once and used until its time is over', async () => {
    expect(await seen(get())).toEqual(['one', '1', 'store']);
    clock.forward(TTL - 1);
    expect(await seen(get('1'))).toEqual(['one', '1', 'cache']);
    expect(stores.batches).toHaveLength(1);
    clock.forward(1);
    expect(await seen(get('1'))).toEqual(['one', '1', 'store']);
    expect(await metric('rcm_credential_refreshes_total{why="expired"}')).toBe(1);
  });

  it('expires at different times where it was read at the same time', async () => {
    const early = create({ random: () => 1, ttlJitter: 0.1 });
    await early.get({ orgId: 'org-a', reference, version: null });
    clock.forward(TTL * 0.9);
    expect((await early.get({ orgId: 'org-a', reference, version: null })).served).toBe('store');
  });

  it('is not another tenant’s, even where the caller changes the reference that it was read with', async () => {
    const changing = { ...reference };
    await get(null, changing);
    Object.assign(changing, { organizationId: 'org-b' });
    expect(await codeOf(get(null, changing, 'org-b'))).toBe('secret_missing');
    expect(() => Object.assign(reference, { organizationId: 'org-b' })).toThrow(TypeError);
  });

  it('of another version than asked for is read again, not used', async () => {
    await get('1');
    stores.put(reference, 'two', '2');
    expect(await seen(get('2'))).toEqual(['two', '2', 'store']);
    expect(await metric('rcm_credential_refreshes_total{why="version"}')).toBe(1);
  });

  it('gives way to a store that is ahead of the row', async () => {
    await get('1');
    stores.put(reference, 'three', '3');
    expect(await seen(get('2'))).toEqual(['three', '3', 'store']);
    expect(await seen(get('3'))).toEqual(['three', '3', 'cache']);
  });

  it('is forgotten when it is invalidated', async () => {
    await get();
    stores.put(reference, 'two', '2');
    manager.invalidate({ reference });
    expect(await seen(get())).toEqual(['two', '2', 'store']);
  });

  it('falls out where there is no room, the longest unused first', async () => {
    manager = create({ maxEntries: 2 });
    const [second, third] = [referenceOf('org-a', 'e2'), referenceOf('org-a', 'e3')];
    for (const ref of [second, third]) stores.put(ref, 'x', '1');
    await get();
    await get(null, second);
    await get();
    await get(null, third);
    expect((await get()).served).toBe('cache');
    expect((await get(null, second)).served).toBe('store');
  });

  it('does not leave in print', async () => {
    expect(JSON.stringify(await get())).not.toContain('"one"');
  });
});

describe('another organization', () => {
  it('is refused before anything is looked up, also what is held already', async () => {
    await get();
    const asked = stores.batches.length;
    expect(await codeOf(get(null, reference, 'org-b'))).toBe('reference_not_yours');
    expect(await codeOf(get(null, referenceOf('org-b', 'e1'), 'org-a'))).toBe('reference_not_yours');
    expect(stores.batches).toHaveLength(asked);
    expect(await metric('rcm_credential_failures_total{code="reference_not_yours"}')).toBe(2);
  });
});

describe('an organization that the deployment does not serve', () => {
  it('is refused to the caller; the process goes on', async () => {
    stores.unserved = 'org-b';
    expect(await codeOf(get(null, referenceOf('org-b', 'e1')))).toBe('reference_not_yours');
    expect(await seen(get())).toEqual(['one', '1', 'store']);
  });
});

describe('reads at the same time', () => {
  it('of one reference are one call', async () => {
    const all = await Promise.all(Array.from({ length: 1000 }, () => get()));
    expect(stores.batches).toEqual([{ orgId: 'org-a', size: 1 }]);
    expect(new Set(all.map(({ version }) => version))).toEqual(new Set(['1']));
  });

  it('of one tenant share calls of ten, and tenants never share one', async () => {
    const refs = ['org-a', 'org-b'].flatMap((org) => Array.from({ length: 25 }, (_, i) => referenceOf(org, `many-${i}`)));
    refs.forEach((ref, i) => stores.put(ref, `p${i}`, '1'));
    const passwords = await Promise.all(refs.map(async (ref) => (await get(null, ref)).payload.reveal().password));
    expect(passwords).toEqual(refs.map((_, i) => `p${i}`));
    expect(stores.batches.map(({ orgId, size }) => `${orgId} ${size}`).sort()).toEqual(['org-a 10', 'org-a 10', 'org-a 5', 'org-b 10', 'org-b 10', 'org-b 5']);
  });

  it('wait for a free call beyond the limit, and are refused beyond the queue', async () => {
    manager = create({ maxParallel: 1, maxWaiting: 20 });
    stores.batchSize = 1;
    const ends = await Promise.all(Array.from({ length: 25 }, (_, i) => codeOf(get(null, referenceOf('org-a', `many-${i}`)))));
    expect(ends.filter((code) => code === 'secret_missing')).toHaveLength(20);
    expect(ends.filter((code) => code === 'store_throttled')).toHaveLength(5);
  });

  it('that one refused reference is among succeed but for that one', async () => {
    const [refused, broken] = [referenceOf('org-a', 'refused'), referenceOf('org-a', 'broken')];
    stores.refused.set(referenceKey(refused), new RcmError('store_denied', 'no'));
    stores.secrets.set(referenceKey(broken), { text: new Secret('no payload'), version: '1' });
    expect(await Promise.all([codeOf(get()), codeOf(get(null, refused)), codeOf(get(null, broken))])).toEqual(['no error', 'store_denied', 'payload_invalid']);
  });

  it('end for the caller who gives up, and go on for the others', async () => {
    const hold = Promise.withResolvers<void>();
    stores.held = hold.promise;
    const abort = new AbortController();
    const impatient = codeOf(manager.get({ orgId: 'org-a', reference, version: null, signal: abort.signal }));
    const patient = get();
    abort.abort();
    expect(await impatient).toBe('cancelled');
    hold.resolve();
    expect(await seen(patient)).toEqual(['one', '1', 'store']);
    expect(await codeOf(manager.get({ orgId: 'org-a', reference: referenceOf('org-a', 'e9'), version: null, signal: AbortSignal.abort() }))).toBe('cancelled');
  });

  it('do not trust a read that began before their version was known', async () => {
    const hold = Promise.withResolvers<void>();
    stores.held = hold.promise;
    const before = get('1');
    await new Promise(setImmediate);
    stores.put(reference, 'two', '2');
    const after = get('2');
    stores.held = null;
    hold.resolve();
    expect(await seen(before)).toEqual(['one', '1', 'store']);
    expect(await seen(after)).toEqual(['two', '2', 'store']);
    expect(await seen(get('2'))).toEqual(['two', '2', 'cache']);
  });

  it('that were under way at an invalidation are not kept', async () => {
    const hold = Promise.withResolvers<void>();
    stores.held = hold.promise;
    const before = get();
    await new Promise(setImmediate);
    stores.put(reference, 'two', '2');
    manager.invalidate({ reference });
    stores.held = null;
    expect(await seen(get())).toEqual(['two', '2', 'store']);
    hold.resolve();
    await before;
    expect(await seen(get())).toEqual(['two', '2', 'cache']);
  });

  it('that were under way at an invalidation do not get in the way of the one that followed', async () => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    stores.held = first.promise;
    const before = get();
    await new Promise(setImmediate);
    stores.put(reference, 'two', '2');
    manager.invalidate({ reference });
    stores.held = second.promise;
    const after = get();
    await new Promise(setImmediate);
    first.resolve();
    expect(await seen(before)).toEqual(['one', '1', 'store']);
    second.resolve();
    expect(await seen(after)).toEqual(['two', '2', 'store']);
    expect(await seen(get())).toEqual(['two', '2', 'cache']);
  });
});

describe('while the store is down', () => {
  it.each(['store_unavailable', 'store_throttled', 'deadline_exceeded'] as const)(
    'with %s the last value is served for a bounded time and says so',
    async (code) => {
      // Throttled reads are repeated for as long as their deadline allows.
      manager = create(code === 'store_throttled' ? { readDeadlineMs: 500 } : {});
      await get('1');
      stores.down = new RcmError(code, 'down');
      clock.forward(TTL + STALE - 1);
      expect(await seen(get('1'))).toEqual(['one', '1', 'stale']);
      expect(await seen(get())).toEqual(['one', '1', 'stale']);
      expect(await metric('rcm_credential_stale_served_total')).toBe(2);
      clock.forward(1);
      const end = code === 'store_throttled' ? 'deadline_exceeded' : code;
      expect(await codeOf(get('1'))).toBe(end);
      expect(await metric(`rcm_credential_failures_total{code="${end}"}`)).toBe(1);
    },
  );

  it('a version that is known to be old is not served', async () => {
    await get('1');
    stores.down = down;
    expect(await codeOf(get('2'))).toBe('store_unavailable');
    expect(await seen(get('1'))).toEqual(['one', '1', 'cache']);
  });

  it('one call in a while finds out whether it is back; nobody else waits for that', async () => {
    await get();
    clock.forward(TTL);
    stores.down = down;
    const asked = stores.batches.length;
    for (let i = 0; i < 5; i += 1) expect((await get()).served).toBe('stale');
    expect(stores.batches).toHaveLength(asked + 1);
    clock.forward(5_000);
    expect((await get()).served).toBe('stale');
    expect(stores.batches).toHaveLength(asked + 2);
  });

  it('the first good answer ends it', async () => {
    await get();
    stores.down = down;
    clock.forward(TTL);
    expect((await get()).served).toBe('stale');
    stores.down = null;
    clock.forward(5_000);
    expect((await get()).served).toBe('store');
  });
});

describe('a refusal', () => {
  const denied = new RcmError('store_denied', 'no');

  it('of the store ends what was held', async () => {
    await get();
    clock.forward(TTL);
    stores.down = denied;
    expect(await codeOf(get())).toBe('store_denied');
    stores.down = down;
    clock.forward(5_000);
    expect(await codeOf(get())).toBe('store_unavailable');
  });

  it('is remembered for seconds, so that a tenant that may not read does not spend every tenant’s quota', async () => {
    stores.refused.set(referenceKey(reference), denied);
    for (let i = 0; i < 5; i += 1) expect(await codeOf(get())).toBe('store_denied');
    clock.forward(4_999);
    stores.refused.clear();
    expect(await codeOf(get())).toBe('store_denied');
    expect(stores.batches).toHaveLength(1);
    clock.forward(1);
    expect((await get()).served).toBe('store');
  });

  it('is forgotten when a change is heard of, or a row names another version', async () => {
    for (const ask of [() => (manager.invalidate({ reference }), get()), () => get('1')]) {
      stores.refused.set(referenceKey(reference), denied);
      expect(await codeOf(get())).toBe('store_denied');
      stores.refused.clear();
      expect((await ask()).served).toBe('store');
      clock.forward(TTL);
    }
  });

  it('that cost more than one call is paid for by the calls made next', async () => {
    const slept = vi.spyOn(clock, 'sleep');
    manager = create({ ssmCallsPerSecond: 10 });
    stores.furtherCalls = 18;
    await get();
    stores.furtherCalls = 0;
    expect(slept).not.toHaveBeenCalled();
    await codeOf(get(null, referenceOf('org-b', 'e1')));
    expect(slept.mock.calls.map(([ms]) => ms)).toEqual([1_000]);
  });
});

describe('a missing secret', () => {
  const missing = referenceOf('org-a', 'missing');

  it('is nothing, and no failure, for whoever asks whether it is there; what is there is lent, and a store that is down fails', async () => {
    const find = (ref = missing, orgId = ref.organizationId) => manager.find({ orgId, reference: ref, version: null });
    expect([await find(), await metric('rcm_credential_failures_total{code="secret_missing"}')]).toEqual([null, 0]);
    expect((await find(reference))?.payload.reveal().password).toBe('one');
    expect(await codeOf(find(missing, 'org-b'))).toBe('reference_not_yours');
    stores.put(missing, 'x', '1');
    manager.invalidate({ reference: missing });
    expect((await find())?.version).toBe('1');
    stores.down = down;
    manager.invalidate({ reference: missing });
    expect([await codeOf(find()), await metric('rcm_credential_failures_total{code="store_unavailable"}')]).toEqual(['store_unavailable', 1]);
  });

  it('is remembered for seconds', async () => {
    expect(await codeOf(get(null, missing))).toBe('secret_missing');
    clock.forward(4_999);
    stores.put(missing, 'x', '1');
    expect(await codeOf(get(null, missing))).toBe('secret_missing');
    expect(stores.batches).toHaveLength(1);
    clock.forward(1);
    expect((await get(null, missing)).served).toBe('store');
  });

  it('is looked for again as soon as a row names a version of it', async () => {
    await codeOf(get(null, missing));
    stores.put(missing, 'x', '1');
    expect(await seen(get('1', missing))).toEqual(['x', '1', 'store']);
  });

  it('is not served from before it went missing', async () => {
    await get();
    clock.forward(TTL);
    stores.secrets.clear();
    expect(await codeOf(get())).toBe('secret_missing');
    stores.down = down;
    clock.forward(10_000);
    expect(await codeOf(get())).toBe('store_unavailable');
  });
});
