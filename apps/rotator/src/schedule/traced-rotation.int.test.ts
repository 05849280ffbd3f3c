import { openTracing, tracedMetrics } from '@rcm/portal-access/tracing';
import { attributesOf, startCollector } from '@rcm/portal-access/tracing/testing';
import { createMetrics } from '@rcm/telemetry';
import { expect, it } from 'vitest';
import { openUnusedEnvironment } from '../upkeep/unused-environment.fixture.ts';
import { tracedRotation } from './traced-rotation.ts';

it('a rotation, its lease and its logins are one trace, which says how it ended and nothing of whose it is', async () => {
  await using opened = new AsyncDisposableStack();
  const collector = opened.adopt(await startCollector(), (each) => each.close());
  const tracing = await openTracing(collector.url, 'rcm-rotator');
  const testEnvironment = opened.adopt(await openUnusedEnvironment({ logins: 2, kinds: [{ dormantDays: 1_000 }] }), (each) => each.close());
  const rotator = { ...testEnvironment.rotator, metrics: tracedMetrics(createMetrics(), tracing) };
  const rotate = (endpointId: string, reason: 'due' | 'recovery') =>
    tracedRotation(tracing)(rotator, { orgId: 'hospital-one', endpointId, reason, signal: new AbortController().signal });
  const nothingOpen = await rotate('login-1', 'recovery');
  await testEnvironment.pass(60);
  const done = await rotate('login-0', 'due');
  expect([nothingOpen.result, done.result]).toEqual(['not_started', 'done']);
  await tracing.close();

  const named = (name: string) => collector.spans().filter((span) => span.name === name);
  const [first, second] = named('rotation');
  expect([first, second].map((span) => span && attributesOf(span))).toEqual([
    { 'rcm.result': 'not_started', 'rcm.reason': 'recovery', 'rcm.code': nothingOpen.code },
    { 'rcm.result': 'done', 'rcm.reason': 'due', 'rcm.attempt': done.attemptId },
  ]);
  expect(named('lease').map((span) => [span.parentSpanId, attributesOf(span)])).toEqual(
    [first, second].map((span) => [span?.spanId, { 'rcm.kind': 'exclusive', 'rcm.given': 'yes' }]),
  );
  expect(named('login').length).toBeGreaterThan(0);
  expect(named('login').map((span) => [span.parentSpanId, attributesOf(span)])).toEqual(
    named('login').map(() => [second?.spanId, { 'rcm.outcome': 'accepted' }]),
  );
  for (const value of ['hospital-one', 'login-0', 'user-0', 'first-of-0', 'after-1000-60', 'arn:']) expect(collector.text()).not.toContain(value);
});
