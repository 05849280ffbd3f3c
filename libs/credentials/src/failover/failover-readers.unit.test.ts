import { createMetrics, RcmError, Secret } from '@rcm/telemetry';
import { beforeEach, expect, test } from 'vitest';
import { FakeStores, referenceOf } from '../reading/fake-stores.fixture.ts';
import { ManualClock } from '../reading/manual-clock.fixture.ts';
import { referenceKey } from '../reference.ts';
import { createFailoverReaders } from './failover-readers.ts';
import { inRegion } from './in-region.ts';
import { copyText } from './replica-copy.ts';

const AWAY = 'us-west-2';
const reference = referenceOf('org-a', 'e1');
const twin = inRegion(reference, AWAY) ?? reference;
const text = new Secret('{"username":"u","password":"p"}');
let home: FakeStores;
let away: FakeStores;
let clock: ManualClock;

beforeEach(() => {
  [home, away, clock] = [new FakeStores(), new FakeStores(), new ManualClock()];
  home.put(reference, 'home', '7');
  away.secrets.set(referenceKey(twin), { text: copyText({ version: '7', text }), version: '1' });
});

const open = () =>
  createFailoverReaders({
    primary: home,
    replica: away,
    replicaRegion: AWAY,
    metrics: createMetrics(),
    clock,
    failuresToOpen: 1,
    primaryWaitMs: 50,
    openMs: 1_000,
  }).forTenant('org-a');
const codeOf = (act: Promise<unknown>) =>
  act.then(
    () => 'none',
    (error: RcmError) => error.code,
  );

test.each(['store_denied', 'store_throttled', 'reference_not_yours'] as const)('%s of the first region is its answer', async (code) => {
  home.down = new RcmError(code, 'no');
  expect(await codeOf(open().read(reference))).toBe(code);
  expect(away.batches).toEqual([]);
});

test('a first region that does not answer at all is waited for once', async () => {
  const reader = open();
  home.held = new Promise(() => undefined);
  for (let i = 0; i < 3; i += 1) expect(await reader.read(reference)).toMatchObject({ version: '7', from: 'replica' });
  expect(home.batches).toHaveLength(1);
  home.held = null;
  clock.forward(1_000);
  expect(await reader.read(reference)).toMatchObject({ version: '7' });
  expect(away.batches).toHaveLength(3);
});

test('what lies in the second region and is no copy is not used, whatever its version', async () => {
  home.down = new RcmError('store_unavailable', 'down');
  away.put(twin, 'not a copy', '7');
  expect(await codeOf(open().read(reference))).toBe('store_unavailable');
  away.refused.set(referenceKey(twin), new RcmError('store_denied', 'no'));
  expect(await codeOf(open().read(reference))).toBe('store_unavailable');
});

test('a Vault has no second region', async () => {
  const vault = { ...reference, store: 'vault', mount: 'kv' } as const;
  home.down = new RcmError('store_unavailable', 'down');
  expect(await codeOf(open().read(vault))).toBe('store_unavailable');
  expect(away.batches).toEqual([]);
});
