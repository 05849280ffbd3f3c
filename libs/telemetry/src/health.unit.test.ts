import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RcmError } from './error.ts';
import { type HealthOptions, type HealthServer, startHealthServer } from './health.ts';
import { createMetrics } from './metrics/metrics.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function start(
  options: Partial<HealthOptions> = {},
): Promise<(path: string, method?: string) => Promise<{ status: number; text: string; type: string | null }>> {
  const server: HealthServer = await startHealthServer({ port: 0, metrics: createMetrics(), checks: {}, ...options });
  open.push(server);
  return async (path, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
  };
}

describe('startHealthServer', () => {
  it('answers that the process runs', async () => {
    const get = await start();
    expect(await get('/healthz')).toMatchObject({ status: 200, text: '{"ok":true}' });
    expect(await get('/healthz?probe=1')).toMatchObject({ status: 200 });
    expect(await get('/healthz', 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  it('says what a deployment leaves unprotected', async () => {
    const get = await start({ warnings: ['The sandbox is off.'] });
    expect(JSON.parse((await get('/healthz')).text)).toEqual({ ok: true, warnings: ['The sandbox is off.'] });
  });

  it('is ready when every check is fine', async () => {
    const get = await start({ checks: { database: () => null, queue: async () => null } });
    expect(await get('/readyz')).toMatchObject({ status: 200, text: '{"ok":true}' });
  });

  it('says 503 and why, also for a check that throws or hangs, without a foreign message', async () => {
    const get = await start({
      checkTimeoutMs: 30,
      checks: {
        fine: () => null,
        database: async () => 'The database does not answer.',
        store: () => {
          throw new RcmError('store_unavailable', 'The store is down.');
        },
        foreign: () => Promise.reject(new Error('postgres://bob:canary@db')),
        stuck: () => new Promise<null>(() => {}),
      },
    });
    const { status, text } = await get('/readyz');
    expect(status).toBe(503);
    expect(JSON.parse(text)).toEqual({
      ok: false,
      problems: {
        database: 'The database does not answer.',
        store: 'The store is down.',
        foreign: 'The check failed.',
        stuck: 'The check took longer than 30 ms.',
      },
    });
  });

  it('serves the metrics as Prometheus text', async () => {
    const metrics = createMetrics();
    metrics.counter('rcm_tasks_total').inc({ result: 'succeeded' });
    const { status, text, type } = await (await start({ metrics }))('/metrics');
    expect({ status, type }).toMatchObject({ status: 200, type: metrics.contentType });
    expect(text).toContain('rcm_tasks_total{result="succeeded"} 1');
  });

  it('refuses other methods and paths', async () => {
    const get = await start();
    expect((await get('/healthz', 'POST')).status).toBe(405);
    expect((await get('/elsewhere')).status).toBe(404);
  });

  it('names a busy port in one sentence', async () => {
    const other: Server = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    open.push(other);
    const { port } = other.address() as AddressInfo;
    await expect(startHealthServer({ port, metrics: createMetrics(), checks: {} })).rejects.toMatchObject({
      code: 'config_invalid',
      message: `Port ${port} is already in use; set another health port.`,
    });
  });

  it('closes at once, twice if asked, and frees its port', async () => {
    const server = await startHealthServer({ port: 0, metrics: createMetrics(), checks: {} });
    await fetch(`http://127.0.0.1:${server.port}/healthz`);
    await server.close();
    await server.close();
    open.push(await startHealthServer({ port: server.port, metrics: createMetrics(), checks: {} }));
  });
});
