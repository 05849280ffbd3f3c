import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiEnvironment, openApiEnvironment } from '../http/api.fixture.ts';
import type { ApiServer } from '../http/server.ts';
import { attributesOf, type Collector, startCollector } from '@rcm/portal-access/tracing/testing';
import { openTracing, type Tracing } from '@rcm/portal-access/tracing';

const PATIENT = 'canary-patient-4711';
let testEnvironment: ApiEnvironment;
let api: ApiServer;
let collector: Collector;
let tracing: Tracing;
beforeAll(async () => {
  collector = await startCollector();
  tracing = await openTracing(collector.url, 'rcm-web-agent');
  testEnvironment = await openApiEnvironment();
  api = await testEnvironment.start({ tracing });
});
afterAll(async () => {
  await api?.close();
  await testEnvironment?.close();
  await collector?.close();
});

test('a request that asks for a task or is about one is in the task’s trace, by route and status; any other is in none', async () => {
  const ask = (path: string, more: object = {}) => testEnvironment.ask(path, { port: api.port, ...more });
  const body = { endpoint: 'alpine-one', task: 'claim_status', input: { claim_number: PATIENT } };
  const made = await ask('/v1/tasks', { method: 'POST', body, key: PATIENT });
  expect(made.status).toBe(202);
  const id = String(made.json.id);
  expect((await ask(`/v1/tasks/${id}`)).status).toBe(200);
  expect((await ask(`/v1/tasks/${id}/cancel`, { method: 'POST' })).status).toBe(200);
  for (const path of ['/v1/tasks', `/v1/tasks/${crypto.randomUUID()}`, `/v1/tasks/${PATIENT}`, `/v1/tasks/${id}`])
    await ask(path, path.endsWith(id) ? { org: 'two' } : {});
  await api.close();
  await tracing.close();
  expect(collector.spans().map((span) => [span.traceId, attributesOf(span)])).toEqual(
    [
      ['POST', '/v1/tasks', 202],
      ['GET', '/v1/tasks/:id', 200],
      ['POST', '/v1/tasks/:id/cancel', 200],
    ].map(([method, route, status]) => [
      id.replaceAll('-', ''),
      { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status, 'rcm.task': id },
    ]),
  );
  expect(collector.text()).not.toContain(PATIENT);
});
