import { expect, test } from 'vitest';
import { PAGES } from './pages.ts';
import { suite } from './suite.ts';

test(
  'the measurement runs to its end in its small size: each page is timed, alone and beside streams, and all streams are held and told',
  { timeout: 600_000 },
  async () => {
    const [measurement] = suite;
    const results = (await measurement?.run({ size: 'quick', progress: () => undefined, signal: new AbortController().signal })) ?? [];
    expect(results.filter(({ name }) => name.endsWith(': p95')).map(({ name }) => name)).toHaveLength(2 * Object.keys(PAGES).length);
    for (const { ours } of results) expect(ours).not.toBeNaN();
    expect(results.find(({ name }) => name.includes('held by one process'))).toMatchObject({ ours: 12, met: true });
  },
);
