import { createMetrics, RcmError, Secret } from '@rcm/telemetry';
import { beforeEach, describe, expect, it } from 'vitest';
import { referenceKey } from '../reference.ts';
import { type CredentialManager, type CredentialManagerOptions, createCredentialManager } from './credential-manager.ts';
import { FakeStores, referenceOf } from './fake-stores.fixture.ts';
import { ManualClock } from './manual-clock.fixture.ts';

const TTL = 600_000;
const reference = referenceOf('org-a', 'e1');

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

describe('a change that is heard of', () => {
  it('does not cost a read where the new version is held already', async () => {
    await get('1');
    manager.invalidate({ reference, version: '1' });
    expect((await get()).served).toBe('cache');
    manager.invalidate({ reference, version: '2' });
    expect((await get()).served).toBe('store');
    expect(await metric('rcm_credential_refreshes_total{why="changed"}')).toBe(1);
    expect(await metric('rcm_credential_reload_seconds_count')).toBe(1);
  });
});

describe('a catch-up', () => {
  const many = Array.from({ length: 1000 }, (_, i) => referenceOf(`org-${i % 7}`, `e-${i}`));
  const never = new AbortController().signal;

  it('gives up only what has another version now, asks no store, and asks for each tenant apart', async () => {
    manager = create({ catchUpBatch: 50 });
    for (const ref of many) stores.put(ref, 'x', '1');
    await Promise.all(many.map((ref) => get(null, ref)));
    const calls = stores.batches.length;
    const questions: { readonly orgId: string; readonly size: number }[] = [];
    const caughtUp = await manager.catchUp(async (orgId, references) => {
      questions.push({ orgId, size: references.length });
      expect(new Set(references.map((ref) => ref.organizationId))).toEqual(new Set([orgId]));
      return new Map(references.map((ref) => [referenceKey(ref), ref.endpointId === 'e-3' ? '2' : '1']));
    }, never);
    expect(caughtUp).toMatchObject({ checked: 1000, changed: [{ endpointId: 'e-3' }] });
    expect(Math.max(...questions.map(({ size }) => size))).toBe(50);
    expect(stores.batches).toHaveLength(calls);
    const served = await Promise.all(many.map(async (ref) => (await get(null, ref)).served));
    expect(served.filter((how) => how === 'store')).toHaveLength(1);
  });

  it('gives up what no row names any more, and leaves alone what came in meanwhile', async () => {
    const other = referenceOf('org-a', 'e2');
    stores.put(other, 'x', '1');
    await get();
    await get(null, other);
    await manager.catchUp(async () => {
      stores.put(reference, 'two', '2');
      await get('2');
      return new Map();
    }, never);
    expect(await seen(get())).toEqual(['two', '2', 'cache']);
    expect((await get(null, other)).served).toBe('store');
  });

  it('does not keep what was being read while changes were missed', async () => {
    const hold = Promise.withResolvers<void>();
    stores.held = hold.promise;
    const before = get();
    await new Promise(setImmediate);
    stores.held = null;
    stores.put(reference, 'two', '2');
    await manager.catchUp(async () => new Map(), never);
    hold.resolve();
    expect(await seen(before)).toEqual(['one', '1', 'store']);
    expect(await seen(get())).toEqual(['two', '2', 'store']);
  });
});

describe('a slow store', () => {
  it('keeps nobody waiting who could be served what was read last; the fresh value arrives behind their back', async () => {
    manager = create({ refreshWaitMs: 20 });
    await get('1');
    clock.forward(TTL);
    const hold = Promise.withResolvers<void>();
    stores.held = hold.promise;
    expect(await seen(get('1'))).toEqual(['one', '1', 'stale']);
    hold.resolve();
    stores.held = null;
    await expect.poll(async () => (await get('1')).served).toBe('cache');
    expect(stores.batches).toHaveLength(2);
  });
});

describe('a throttled store', () => {
  it('is asked again at a lower pace until it answers; no caller sees it', async () => {
    manager = create({ ssmCallsPerSecond: 10 });
    stores.down = new RcmError('store_throttled', 'too fast');
    const read = get();
    await expect.poll(() => stores.batches.length).toBeGreaterThan(2);
    stores.down = null;
    expect(await seen(read)).toEqual(['one', '1', 'store']);
    expect(await metric('rcm_credential_throttles_total{store="ssm"}')).toBe(stores.batches.length - 1);
    expect(await metric('rcm_credential_calls_in_flight{store="ssm"}')).toBe(0);
  });

  it('is not asked for what nobody waits for any more', async () => {
    manager = create({ readDeadlineMs: 30 });
    stores.down = new RcmError('store_throttled', 'too fast');
    expect(await codeOf(get())).toBe('deadline_exceeded');
    // The clock of the pauses stands still, so it is asked as fast as it can answer until whoever asks is told: then it ends, however busy the machine is.
    for (let asked = -1; asked !== stores.batches.length;) {
      asked = stores.batches.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
});

describe('a replica', () => {
  const copy = (version: string) =>
    stores.secrets.set(referenceKey(reference), { text: new Secret('{"username":"u","password":"copy"}'), version, from: 'replica' });

  it('serves only who asks for exactly the version it is at', async () => {
    copy('4');
    expect(await codeOf(get('5'))).toBe('store_unavailable');
    expect(await codeOf(get())).toBe('store_unavailable');
    expect(await seen(get('4'))).toEqual(['copy', '4', 'cache']);
    expect(await codeOf(get('5'))).toBe('store_unavailable');
  });

  it('that is not at the version asked for does not take the place of what was read from the store', async () => {
    await get('1');
    clock.forward(TTL);
    copy('0');
    expect(await seen(get('1'))).toEqual(['one', '1', 'stale']);
    expect(await seen(get())).toEqual(['one', '1', 'stale']);
    copy('1');
    expect(await seen(get('1'))).toEqual(['copy', '1', 'replica']);
  });

  it('says so', async () => {
    copy('4');
    expect(await seen(get('4'))).toEqual(['copy', '4', 'replica']);
    expect(await metric('rcm_credential_misses_total{served="replica"}')).toBe(1);
  });
});

describe('numbers', () => {
  it.each([{ ttlMs: 0 }, { ttlJitter: 1.1 }, { maxEntries: 1.5 }, { maxParallel: Number.NaN }, { readDeadlineMs: Number.POSITIVE_INFINITY }, { maxTries: 0 }])(
    'like %j are refused before anything is read',
    (wrong) => {
      expect(() => create(wrong)).toThrow(expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(Object.keys(wrong)[0] ?? '') }));
    },
  );
});
