import { alarm, createMetrics, EmbeddedMetrics, type Metrics, RcmError } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { beforeEach, expect, it } from 'vitest';
import { createFailoverReaders } from '../failover/failover-readers.ts';
import { type CredentialManager, createCredentialManager } from './credential-manager.ts';
import { FakeStores, referenceOf } from './fake-stores.fixture.ts';
import { ManualClock } from './manual-clock.fixture.ts';

const TTL = 600_000;
let stores: FakeStores;
let clock: ManualClock;
let metrics: Metrics;
let manager: CredentialManager;
beforeEach(() => {
  [stores, clock, metrics] = [new FakeStores(), new ManualClock(), createMetrics()];
  manager = createCredentialManager({ stores, metrics, clock, random: () => 0, maxTries: 1, readDeadlineMs: 500 });
});

const read = (endpointId: string) => {
  const reference = referenceOf('org-a', endpointId);
  return manager.get({ orgId: 'org-a', reference, version: null }).catch((error: unknown) => error);
};
const told = async () => {
  const { prometheus, cloudWatch } = await alarmsTold(metrics, 'web-agent');
  expect(cloudWatch).toEqual(prometheus);
  return prometheus;
};

it('rcm-credentials-failing is told of after the sixth credential that could not be read', async () => {
  stores.down = new RcmError('store_denied', 'no');
  for (let n = 1; n <= 6; n += 1) {
    expect(await told()).toEqual([]);
    await read(`e${n}`);
  }
  expect(await told()).toEqual(['rcm-credentials-failing']);
});

it('rcm-credentials-stale is told of at the first credential that is served beyond its time', async () => {
  stores.put(referenceOf('org-a', 'e1'), 'one', '1');
  await read('e1');
  stores.down = new RcmError('store_unavailable', 'down');
  expect(await told()).toEqual([]);
  clock.forward(TTL);
  expect(await read('e1')).toMatchObject({ served: 'stale' });
  expect(await told()).toEqual(['rcm-credentials-stale']);
});

it('rcm-store-throttles is told of after more than twenty refused calls', async () => {
  stores.down = new RcmError('store_throttled', 'slow down');
  for (let n = 0; n < 40 && !(await told()).includes('rcm-store-throttles'); n += 1) await read(`e${n}`);
  const throttled = [...(await metrics.exposition()).matchAll(/^rcm_credential_throttles_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
  expect(throttled).toBeGreaterThan(20);
  expect(await told()).toContain('rcm-store-throttles');
});

it('rcm-reads-unusual sees every credential that the store was asked for, in both; what is too many is learnt by whoever tells it', async () => {
  const seen = async () => {
    const line = JSON.parse((await new EmbeddedMetrics(metrics, 'web-agent').line(new Date(0))) ?? '{}') as Readonly<Record<string, unknown>>;
    const { metric } = alarm('rcm-reads-unusual');
    const [, scraped] = new RegExp(`^${metric}\\{.*\\} (\\d+)$`, 'm').exec(await metrics.exposition()) ?? [];
    return [Number(scraped ?? 0), Number(line[metric] ?? 0)];
  };
  for (let n = 1; n <= 3; n += 1) stores.put(referenceOf('org-a', `e${n}`), 'one', '1');
  expect(await seen()).toEqual([0, 0]);
  // The fourth comes out of the cache, and is no read of the store.
  for (const id of ['e1', 'e2', 'e3', 'e1']) await read(id);
  expect(await seen()).toEqual([3, 3]);
});

it('rcm-region-down is told of while the second region is read, and no longer', async () => {
  const away = new FakeStores();
  const readers = createFailoverReaders({ primary: stores, replica: away, replicaRegion: 'us-west-2', metrics, clock, failuresToOpen: 1, openMs: 1_000 });
  const ask = () =>
    readers
      .forTenant('org-a')
      .read(referenceOf('org-a', 'e1'))
      .catch(() => null);
  await ask();
  expect(await told()).toEqual([]);
  stores.down = new RcmError('store_unavailable', 'down');
  await ask();
  expect(await told()).toEqual(['rcm-region-down']);
  stores.down = null;
  clock.forward(1_000);
  stores.put(referenceOf('org-a', 'e1'), 'one', '1');
  await ask();
  expect(await told()).toEqual([]);
});
