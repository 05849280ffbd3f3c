import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { createMetrics, RcmError } from '@rcm/telemetry';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attributesOf, type Collector, startCollector } from './testing.ts';
import { tracedMetrics } from './traced-metrics.ts';
import { NO_TRACING, openTracing } from './tracing.ts';

const [ONE, TWO] = ['6f1c1bd6-27f6-4c1e-9d37-0f5f2a6d3b11', '0b8d7a52-90b4-4f4e-8f0e-1f0c5f2e7a22'];
const CANARY = 'canary-patient-4711';
const traceOf = (taskId: string) => taskId.replaceAll('-', '');
const read = { name: 'store read', attributes: { 'rcm.secrets': 1 } };
let collector: Collector;
beforeEach(async () => void (collector = await startCollector()));
afterEach(() => collector.close());
const named = (name: string) => collector.spans().filter((span) => span.name === name);

describe('spans', () => {
  test('of a task have its id as their trace, from the request to the store call, however deep that is', async () => {
    const tracing = await openTracing(collector.url, 'rcm-web-agent');
    tracing.ended(ONE, { name: 'POST /v1/tasks', attributes: { 'http.response.status_code': 202 }, ms: 12 });
    const work = (taskId: string) =>
      tracing.ofTask(taskId, 'task', async () => {
        await turn();
        return new Promise((resolve, reject) => setTimeout(() => void tracing.within(read, () => turn(taskId)).then(resolve, reject), 1));
      });
    expect(await Promise.all([work(ONE), work(TWO)])).toEqual([ONE, TWO]);
    await tracing.close();
    expect(collector.spans()).toHaveLength(5);
    expect(named('POST /v1/tasks').map(({ traceId }) => traceId)).toEqual([traceOf(ONE)]);
    for (const taskId of [ONE, TWO]) {
      const [task] = named('task').filter(({ traceId }) => traceId === traceOf(taskId));
      expect(task && attributesOf(task)).toEqual({ 'rcm.task': taskId });
      expect(named('store read').filter(({ traceId }) => traceId === traceOf(taskId))).toMatchObject([{ parentSpanId: task?.spanId }]);
    }
  });

  test('that fail have the code of the error, and not a word of it', async () => {
    const tracing = await openTracing(collector.url, 'rcm-web-agent');
    for (const error of [new RcmError('store_denied', CANARY, { details: { CANARY } }), new Error(CANARY)])
      await expect(tracing.ofTask(ONE, 'task', () => Promise.reject(error))).rejects.toBe(error);
    await tracing.close();
    expect(named('task').map((span) => [attributesOf(span)['rcm.code'], span.status.code])).toEqual([
      ['store_denied', 2],
      ['unexpected', 2],
    ]);
    expect(collector.text()).not.toContain(CANARY);
  });

  test('of what is of no task have a trace of their own, with what its end was, and what was measured in it', async () => {
    const tracing = await openTracing(collector.url, 'rcm-rotator');
    const metrics = tracedMetrics(createMetrics(), tracing);
    const wait = () => metrics.histogram('rcm_lease_wait_seconds').observe({ kind: 'exclusive', given: 'yes' }, 0.25);
    const work = async (result: string) => {
      await turn();
      wait();
      metrics.histogram('rcm_login_seconds').observe({ outcome: 'accepted' }, 1);
      metrics.histogram('rcm_rotation_seconds').observe({ result }, 2);
      return result;
    };
    const ends = ['done', 'blocked'].map((each) =>
      tracing.alone(
        'rotation',
        () => work(each),
        (result) => ({ 'rcm.result': result }),
      ),
    );
    expect(await Promise.all(ends)).toEqual(['done', 'blocked']);
    wait();
    await tracing.close();
    const rotations = named('rotation');
    expect(rotations.map((span) => attributesOf(span))).toEqual([{ 'rcm.result': 'done' }, { 'rcm.result': 'blocked' }]);
    expect(new Set(rotations.map(({ traceId }) => traceId)).size).toBe(2);
    expect(collector.spans()).toHaveLength(6);
    for (const [name, attributes] of [
      ['lease', { 'rcm.kind': 'exclusive', 'rcm.given': 'yes' }],
      ['login', { 'rcm.outcome': 'accepted' }],
    ] as const)
      expect(named(name).map((span) => [span.traceId, span.parentSpanId, attributesOf(span)])).toEqual(
        rotations.map(({ traceId, spanId }) => [traceId, spanId, attributes]),
      );
    expect(await metrics.exposition()).toContain('rcm_lease_wait_seconds_count{kind="exclusive",given="yes"} 3');
  });

  test('outside of a task are none, and the act is done', async () => {
    const tracing = await openTracing(collector.url, 'rcm-web-agent');
    expect(await tracing.within(read, () => Promise.resolve(7))).toBe(7);
    await tracing.close();
    expect(collector.spans()).toEqual([]);
  });

  test('that nobody takes hold nothing up: work ends, and so does the process', async () => {
    const { url } = collector;
    await collector.close();
    const tracing = await openTracing(url, 'rcm-web-agent');
    expect(await tracing.ofTask(ONE, 'task', () => Promise.resolve(7))).toBe(7);
    await tracing.close();
  });
});

describe('where it is not switched on', () => {
  test('the act is done, and nothing else', async () => {
    expect(await openTracing(undefined, 'rcm-web-agent')).toBe(NO_TRACING);
    const metrics = createMetrics();
    expect(tracedMetrics(metrics, NO_TRACING)).toBe(metrics);
    expect(
      await NO_TRACING.alone(
        'rotation',
        () => Promise.resolve(7),
        () => ({}),
      ),
    ).toBe(7);
    expect(await NO_TRACING.ofTask(ONE, 'task', () => NO_TRACING.within(read, () => Promise.resolve(7)))).toBe(7);
  });

  test('nothing of OpenTelemetry is loaded: one file imports it, and that one is imported late', () => {
    const root = join(import.meta.dirname, '..', '..', '..', '..');
    const files = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root }).filter((path) => !/\.(test|fixture)\.ts$/.test(path));
    const having = (pattern: RegExp) => files.filter((path) => pattern.test(readFileSync(join(root, path), 'utf8')));
    expect(having(/@opentelemetry\//)).toEqual(['libs/portal-access/src/tracing/open-telemetry.ts']);
    expect(having(/from '[^']*open-telemetry\.ts'/)).toEqual([]);
    expect(having(/import\('\.\/open-telemetry\.ts'\)/)).toEqual(['libs/portal-access/src/tracing/tracing.ts']);
  });
});
