import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

describe('createMetrics', () => {
  it('gives the same metric when asked twice, so two parts may count together', async () => {
    const metrics = createMetrics();
    metrics.counter('rcm_reads_total', 'Reads').inc();
    metrics.counter('rcm_reads_total', 'Reads').inc();
    metrics.gauge('rcm_open', 'Open').set(4);
    metrics.histogram('rcm_seconds', 'Seconds', [0.1, 1]).observe(0.5);
    const text = await metrics.exposition();
    expect(text).toContain('rcm_reads_total 2');
    expect(text).toContain('rcm_open 4');
    expect(text).toContain('rcm_seconds_bucket{le="1"} 1');
  });

  it('keeps two sets of metrics apart', async () => {
    const [first, second] = [createMetrics(), createMetrics()];
    first.counter('rcm_reads_total', 'Reads').inc();
    expect(await second.exposition()).not.toContain('rcm_reads_total');
  });

  it('refuses one name for two kinds', () => {
    const metrics = createMetrics();
    metrics.counter('rcm_x', 'X');
    expect(() => metrics.gauge('rcm_x', 'X')).toThrow(/another kind/);
  });

  it.each(['org_id', 'tenant', 'endpoint_id', 'username', 'login_identity', 'secret_arn', 'account_id'])('refuses the label %s', (label) => {
    expect(() => createMetrics().counter('rcm_x', 'X', ['outcome', label])).toThrow(new RegExp(label));
  });

  it.each(['outcome', 'portal_type', 'store', 'login_outcome'])('allows the label %s', (label) => {
    expect(() => createMetrics().counter('rcm_x', 'X', [label])).not.toThrow();
  });

  it('collects the figures of the process when asked', async () => {
    expect(await createMetrics({ process: true }).exposition()).toContain('process_cpu_seconds_total');
  });
});
