import { describe, expect, it } from 'vitest';
import { METRICS } from './catalogue.ts';
import { createMetrics } from './metrics.ts';

const PRIVATE_LABEL = /(^|_)(org|organization|tenant|endpoint|user|username|login|identity|account|arn)(_id)?$/i;

describe('createMetrics', () => {
  it('gives the same metric when asked twice, so two parts may count together', async () => {
    const metrics = createMetrics();
    metrics.counter('rcm_credential_hits_total').inc();
    metrics.counter('rcm_credential_hits_total').inc();
    metrics.gauge('rcm_browser_contexts').set(4);
    metrics.histogram('rcm_credential_reload_seconds').observe(0.5);
    const text = await metrics.exposition();
    expect(text).toContain('rcm_credential_hits_total 2');
    expect(text).toContain('rcm_browser_contexts 4');
    expect(text).toContain('rcm_credential_reload_seconds_bucket{le="1"} 1');
  });

  it('keeps two sets of metrics apart', async () => {
    const [first, second] = [createMetrics(), createMetrics()];
    first.counter('rcm_credential_hits_total').inc();
    expect(await second.exposition()).not.toContain('rcm_credential_hits_total');
  });

  it('begins a counter at 0 for each value of its labels that is known, so that the first time is an increase', async () => {
    const metrics = createMetrics();
    metrics.counter('rcm_tasks_total');
    metrics.counter('rcm_api_requests_total');
    const text = await metrics.exposition();
    for (const result of ['succeeded', 'put_off', 'retry', 'failed']) expect(text).toContain(`rcm_tasks_total{result="${result}"} 0`);
    expect(text).not.toMatch(/^rcm_api_requests_total\{/m);
  });

  it('asks the last reader of a watched gauge whenever it is read', async () => {
    const metrics = createMetrics();
    let open = 1;
    metrics.watched('rcm_browser_slots_percent', (gauge) => gauge.set(-1));
    metrics.watched('rcm_browser_slots_percent', (gauge) => gauge.set((open += 1)));
    expect(await metrics.exposition()).toContain('rcm_browser_slots_percent 2');
    expect(await metrics.exposition()).toContain('rcm_browser_slots_percent 3');
  });

  it('collects the figures of the process when asked', async () => {
    expect(await createMetrics({ process: true }).exposition()).toContain('process_cpu_seconds_total');
  });
});

describe('the catalogue', () => {
  it.each(Object.entries(METRICS))('%s is named and labelled as what it is', (name, definition) => {
    const { kind, unit, labels = {}, buckets } = definition as (typeof METRICS)[keyof typeof METRICS] & { labels?: object; buckets?: readonly number[] };
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    if (unit === 'seconds') expect(name).toMatch(/_seconds$/);
    expect(buckets !== undefined).toBe(kind === 'histogram');
    expect(Object.keys(labels).filter((label) => PRIVATE_LABEL.test(label))).toEqual([]);
  });
});
