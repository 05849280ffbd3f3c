import { describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { EmbeddedMetrics, embedMetrics } from './embedded.ts';
import { createMetrics } from './metrics.ts';

const NOW = new Date('2026-11-27T02:00:00Z');
const said = async (embedded: EmbeddedMetrics) => JSON.parse((await embedded.line(NOW)) ?? 'null') as Record<string, unknown>;

describe('a line of the embedded metric format', () => {
  it('has of a counter what came to it since the line before, over all its labels, and of a gauge the highest', async () => {
    const metrics = createMetrics({ process: true });
    const embedded = new EmbeddedMetrics(metrics, 'web-agent');
    const failures = metrics.counter('rcm_credential_failures_total');
    failures.inc({ code: 'store_unavailable' }, 4);
    failures.inc({ code: 'store_denied' }, 2);
    for (const [store, down] of [
      ['ssm', 1],
      ['vault', 0],
    ] as const)
      metrics.gauge('rcm_credential_region_down').set({ store }, down);
    expect(await said(embedded)).toEqual({
      _aws: {
        Timestamp: NOW.getTime(),
        CloudWatchMetrics: [
          {
            Namespace: 'RCM',
            Dimensions: [['service']],
            Metrics: [
              { Name: 'rcm_credential_failures_total', Unit: 'Count' },
              { Name: 'rcm_credential_region_down', Unit: 'None' },
            ],
          },
        ],
      },
      service: 'web-agent',
      rcm_credential_failures_total: 6,
      rcm_credential_region_down: 1,
    });
    failures.inc({ code: 'store_denied' });
    expect(await said(embedded)).toMatchObject({ rcm_credential_failures_total: 1, rcm_credential_region_down: 1 });
    expect(await said(embedded)).toMatchObject({ rcm_credential_failures_total: 0 });
  });

  it('has nothing that no alarm and no scaling looks at; where there is nothing else, there is none', async () => {
    const metrics = createMetrics({ process: true });
    metrics.counter('rcm_credential_hits_total').inc();
    expect(await new EmbeddedMetrics(metrics, 'web-agent').line(NOW)).toBeNull();
  });
});

describe('embedMetrics', () => {
  it('writes a line after each pause, and what came since when it is closed', async () => {
    const metrics = createMetrics();
    const counter = metrics.counter('rcm_rotation_failures_total');
    const lines: string[] = [];
    let next = (): void => undefined;
    const sleep = (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        next = resolve;
        signal?.addEventListener('abort', () => resolve());
      });
    const embedding = embedMetrics({
      metrics,
      service: 'rotator',
      everyMs: 1000,
      write: (text) => lines.push(text),
      clock: { ...systemClock, now: () => NOW, sleep },
    });
    for (let round = 1; round <= 2; round += 1) {
      counter.inc(round);
      next();
      await expect.poll(() => lines.length).toBe(round);
    }
    counter.inc(3);
    await embedding.close();
    expect(lines.map((line) => (JSON.parse(line) as { rcm_rotation_failures_total: number }).rcm_rotation_failures_total)).toEqual([1, 2, 3]);
    expect(lines.every((line) => line.endsWith('}\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
  });

  it('leaves no minute out, however busy the process: an alarm that asks for an hour of minutes takes one without a line for the end of it', async () => {
    const metrics = createMetrics();
    metrics.gauge('rcm_logins_overdue').set(1);
    const minutes: number[] = [];
    let now = NOW.getTime() + 41_000;
    const embedding = embedMetrics({
      ...{ metrics, service: 'rotator', everyMs: 60_000 },
      write: (text) => minutes.push(Math.floor((JSON.parse(text) as { _aws: { Timestamp: number } })._aws.Timestamp / 60_000)),
      clock: {
        ...systemClock,
        now: () => new Date(now),
        async sleep(ms) {
          await systemClock.sleep(0);
          now += ms + 1_300;
        },
      },
    });
    await expect.poll(() => minutes.length).toBeGreaterThan(120);
    await embedding.close();
    const [first = 0] = minutes;
    expect(minutes.slice(0, 120)).toEqual(Array.from({ length: 120 }, (_, i) => first + i));
  });

  it('writes nothing where it is not asked to', async () => {
    await embedMetrics({ metrics: createMetrics(), service: 'rotator', everyMs: 0, write: () => expect.fail('a line') }).close();
  });
});
