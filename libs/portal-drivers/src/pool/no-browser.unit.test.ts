import { createLogger, createMetrics, hasCode } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { expect, it } from 'vitest';
import { createBrowserPool } from './browser-pool.ts';

it('tells of a Chromium that cannot be started again and again, and not of one that could not once', async () => {
  const metrics = createMetrics();
  const logger = createLogger({ name: 'test', level: 'silent' });
  const pool = createBrowserPool({ maxContexts: 1, executablePath: '/does/not/exist', metrics, logger });
  const fails = () =>
    expect(pool.openContext({ context: {}, signal: new AbortController().signal })).rejects.toSatisfy((error) => hasCode(error, 'browser_unavailable'));
  await fails();
  expect(await alarmsTold(metrics, 'web-agent')).toEqual({ prometheus: [], cloudWatch: [] });
  for (const _time of [1, 2]) await fails();
  expect(await alarmsTold(metrics, 'web-agent')).toEqual({ prometheus: ['rcm-browser-failing'], cloudWatch: ['rcm-browser-failing'] });
  await pool.close();
});

it('says why no browser can be had, before the first start where the path names none, and until one has started', async () => {
  const logger = createLogger({ name: 'test', level: 'silent' });
  const pools = ['/does/not/exist', '/bin/false'].map((executablePath) => createBrowserPool({ maxContexts: 1, executablePath, logger }));
  const problems = () => Promise.all(pools.map((pool) => pool.problem()));
  expect(await problems()).toEqual([expect.stringContaining('/does/not/exist'), null]);
  for (const pool of pools) await pool.openContext({ context: {}, signal: new AbortController().signal }).catch(() => undefined);
  expect(await problems()).toEqual([expect.stringContaining('/does/not/exist'), expect.stringContaining('/bin/false')]);
  await Promise.all(pools.map((pool) => pool.close()));
});
