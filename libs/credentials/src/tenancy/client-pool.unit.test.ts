import { beforeEach, describe, expect, it } from 'vitest';
import { ClientPool } from './client-pool.ts';

let closed: string[];
let created: string[];
let pool: ClientPool<{ readonly tenant: string; close: () => void }>;

beforeEach(() => {
  closed = [];
  created = [];
  pool = new ClientPool<{ readonly tenant: string; close: () => void }>(2, (tenant) => {
    created.push(tenant);
    return { tenant, close: () => void closed.push(tenant) };
  });
});

const use = (tenant: string, until: Promise<void> = Promise.resolve()) =>
  pool.use(tenant, async (client) => {
    await until;
    return client.tenant;
  });

describe('a pool of tenants’ clients', () => {
  it('gives each tenant its own, made once', async () => {
    expect(await Promise.all([use('a'), use('b'), use('a')])).toEqual(['a', 'b', 'a']);
    expect(created).toEqual(['a', 'b']);
  });

  it('closes the tenant longest unused where there is no room', async () => {
    await use('a');
    await use('b');
    await use('a');
    await use('c');
    expect(closed).toEqual(['b']);
  });

  it('closes clients in use only after their last call, also where it fails', async () => {
    const slow = Promise.withResolvers<void>();
    const call = use('a', slow.promise);
    await use('b');
    await use('c');
    expect(closed).toEqual([]);
    slow.reject(new Error('the call failed'));
    await expect(call).rejects.toThrow('the call failed');
    expect(closed).toEqual(['a']);
  });

  it('closes everything at the end, each once', async () => {
    await use('a');
    await use('b');
    await pool.close();
    await pool.close();
    expect(closed.sort()).toEqual(['a', 'b']);
  });
});
