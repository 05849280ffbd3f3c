import { RcmError } from '@rcm/telemetry';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { referenceKey } from '../reference.ts';
import { referenceOf } from './fake-stores.fixture.ts';
import { codeOf, down, ManagerUnderTest, reference, seen, TTL } from './manager-under-test.fixture.ts';

const STALE = 3_600_000;
let read: ManagerUnderTest;

beforeEach(() => {
  read = new ManagerUnderTest();
});

describe('while the store is down', () => {
  it.each(['store_unavailable', 'store_throttled', 'deadline_exceeded'] as const)(
    'with %s the last value is served for a bounded time and says so',
    async (code) => {
      // Throttled reads are repeated for as long as their deadline allows.
      read.manager = read.create(code === 'store_throttled' ? { readDeadlineMs: 500 } : {});
      await read.get('1');
      read.stores.down = new RcmError(code, 'down');
      read.clock.forward(TTL + STALE - 1);
      expect(await seen(read.get('1'))).toEqual(['one', '1', 'stale']);
      expect(await seen(read.get())).toEqual(['one', '1', 'stale']);
      expect(await read.metric('rcm_credential_stale_served_total')).toBe(2);
      read.clock.forward(1);
      const end = code === 'store_throttled' ? 'deadline_exceeded' : code;
      expect(await codeOf(read.get('1'))).toBe(end);
      expect(await read.metric(`rcm_credential_failures_total{code="${end}"}`)).toBe(1);
    },
  );

  it('a version that is known to be old is not served', async () => {
    await read.get('1');
    read.stores.down = down;
    expect(await codeOf(read.get('2'))).toBe('store_unavailable');
    expect(await seen(read.get('1'))).toEqual(['one', '1', 'cache']);
  });

  it('one call in a while finds out whether it is back; nobody else waits for that', async () => {
    await read.get();
    read.clock.forward(TTL);
    read.stores.down = down;
    const asked = read.stores.batches.length;
    for (let i = 0; i < 5; i += 1) expect((await read.get()).served).toBe('stale');
    expect(read.stores.batches).toHaveLength(asked + 1);
    read.clock.forward(5_000);
    expect((await read.get()).served).toBe('stale');
    expect(read.stores.batches).toHaveLength(asked + 2);
  });

  it('the first good answer ends it', async () => {
    await read.get();
    read.stores.down = down;
    read.clock.forward(TTL);
    expect((await read.get()).served).toBe('stale');
    read.stores.down = null;
    read.clock.forward(5_000);
    expect((await read.get()).served).toBe('store');
  });
});

describe('a refusal', () => {
  const denied = new RcmError('store_denied', 'no');

  it('of the store ends what was held', async () => {
    await read.get();
    read.clock.forward(TTL);
    read.stores.down = denied;
    expect(await codeOf(read.get())).toBe('store_denied');
    read.stores.down = down;
    read.clock.forward(5_000);
    expect(await codeOf(read.get())).toBe('store_unavailable');
  });

  it('is remembered for seconds, so that a tenant that may not read does not spend every tenant’s quota', async () => {
    read.stores.refused.set(referenceKey(reference), denied);
    for (let i = 0; i < 5; i += 1) expect(await codeOf(read.get())).toBe('store_denied');
    read.clock.forward(4_999);
    read.stores.refused.clear();
    expect(await codeOf(read.get())).toBe('store_denied');
    expect(read.stores.batches).toHaveLength(1);
    read.clock.forward(1);
    expect((await read.get()).served).toBe('store');
  });

  it('is forgotten when a change is heard of, or a row names another version', async () => {
    for (const ask of [() => (read.manager.invalidate({ reference }), read.get()), () => read.get('1')]) {
      read.stores.refused.set(referenceKey(reference), denied);
      expect(await codeOf(read.get())).toBe('store_denied');
      read.stores.refused.clear();
      expect((await ask()).served).toBe('store');
      read.clock.forward(TTL);
    }
  });

  it('that cost more than one call is paid for by the calls made next', async () => {
    const slept = vi.spyOn(read.clock, 'sleep');
    read.manager = read.create({ ssmCallsPerSecond: 10 });
    read.stores.furtherCalls = 18;
    await read.get();
    read.stores.furtherCalls = 0;
    expect(slept).not.toHaveBeenCalled();
    await codeOf(read.get(null, referenceOf('org-b', 'e1')));
    expect(slept.mock.calls.map(([ms]) => ms)).toEqual([1_000]);
  });
});

describe('a missing secret', () => {
  const missing = referenceOf('org-a', 'missing');

  it('is nothing, and no failure, for whoever asks whether it is there; what is there is lent, and a store that is down fails', async () => {
    const find = (ref = missing, orgId = ref.organizationId) => read.manager.find({ orgId, reference: ref, version: null });
    expect([await find(), await read.metric('rcm_credential_failures_total{code="secret_missing"}')]).toEqual([null, 0]);
    expect((await find(reference))?.payload.reveal().password).toBe('one');
    expect(await codeOf(find(missing, 'org-b'))).toBe('reference_not_yours');
    read.stores.put(missing, 'x', '1');
    read.manager.invalidate({ reference: missing });
    expect((await find())?.version).toBe('1');
    read.stores.down = down;
    read.manager.invalidate({ reference: missing });
    expect([await codeOf(find()), await read.metric('rcm_credential_failures_total{code="store_unavailable"}')]).toEqual(['store_unavailable', 1]);
  });

  it('is remembered for seconds', async () => {
    expect(await codeOf(read.get(null, missing))).toBe('secret_missing');
    read.clock.forward(4_999);
    read.stores.put(missing, 'x', '1');
    expect(await codeOf(read.get(null, missing))).toBe('secret_missing');
    expect(read.stores.batches).toHaveLength(1);
    read.clock.forward(1);
    expect((await read.get(null, missing)).served).toBe('store');
  });

  it('is remembered for no longer where somebody sets the clock back', async () => {
    expect(await codeOf(read.get(null, missing))).toBe('secret_missing');
    read.clock.setBack(3_600_000);
    read.stores.put(missing, 'x', '1');
    read.clock.forward(5_000);
    expect((await read.get(null, missing)).served).toBe('store');
  });

  it('is looked for again as soon as a row names a version of it', async () => {
    await codeOf(read.get(null, missing));
    read.stores.put(missing, 'x', '1');
    expect(await seen(read.get('1', missing))).toEqual(['x', '1', 'store']);
  });

  it('is not served from before it went missing', async () => {
    await read.get();
    read.clock.forward(TTL);
    read.stores.secrets.clear();
    expect(await codeOf(read.get())).toBe('secret_missing');
    read.stores.down = down;
    read.clock.forward(10_000);
    expect(await codeOf(read.get())).toBe('store_unavailable');
  });
});
