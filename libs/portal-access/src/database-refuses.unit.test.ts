import { createMetrics } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { expect, it } from 'vitest';
import { watchRefusals } from './database-refuses.ts';

it('a refusal counts for five minutes, so that tasks which come back in between show one outage, and not for longer', async () => {
  let now = 0;
  const metrics = createMetrics();
  const refused = watchRefusals(metrics, () => now);
  const told = async () => (await alarmsTold(metrics, 'rotator')).cloudWatch;
  expect(await told()).toEqual([]);
  refused();
  now += 299_999;
  expect(await told()).toEqual(['rcm-database-refuses']);
  refused();
  now += 299_999;
  expect(await told()).toEqual(['rcm-database-refuses']);
  now += 1;
  expect(await told()).toEqual([]);
});
