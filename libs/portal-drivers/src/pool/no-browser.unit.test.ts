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
