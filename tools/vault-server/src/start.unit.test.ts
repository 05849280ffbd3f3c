import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommandLine } from './command-line.ts';
import { openClient } from './conformance/client.fixture.ts';
import { everyValueEver } from './every-value-ever.ts';
import { startVaultServer } from './start.ts';

const TIMEOUT = { timeout: 60_000 };

describe('the server', () => {
  let folder: string;
  let dataFile: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rcm-vault-server-'));
    dataFile = join(folder, 'vault.db');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** The process form; resolves with its first line. */
  async function startProcess(...args: string[]): Promise<{ readonly child: ChildProcess; readonly address: string; readonly token: string }> {
    const tokenFile = join(folder, 'root-token');
    const main = join(import.meta.dirname, 'main.ts');
    const child = spawn(process.execPath, [main, '--data-file', dataFile, '--root-token-file', tokenFile, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    const { address } = JSON.parse(line.toString()) as { readonly address: string };
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
    return { child, address, token: (await readFile(tokenFile, 'utf8')).trim() };
  }

  it('keeps what it answered through SIGKILL, and stops on SIGTERM with 0', TIMEOUT, async () => {
    let { child, address, token } = await startProcess();
    const ask = async (method: string, path: string, body?: object) =>
      (await fetch(`${address}/v1/${path}`, { method, headers: { 'x-vault-token': token }, ...(body ? { body: JSON.stringify(body) } : {}) })).json();
    for (let n = 1; n <= 5; n += 1) {
      await ask('POST', 'kv/data/a', { options: { cas: n - 1 }, data: { password: `canary-${n}` } });
      child.kill('SIGKILL');
      await once(child, 'exit');
      ({ child, address, token } = await startProcess());
      expect(await ask('GET', 'kv/data/a')).toMatchObject({ data: { data: { password: `canary-${n}` }, metadata: { version: n } } });
    }
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('keeps no value, token or secret id readable in its files, and knows every value that ever was', TIMEOUT, async () => {
    const client = await openClient({ dataFile });
    const token = await client.tokenWith({ 'kv/data/*': ['read'] });
    await client.ask('POST', 'kv/data/a', { data: { password: 'canary-first' } });
    await client.ask('POST', 'kv/data/a', { data: { password: 'canary-second' } });
    await client.ask('DELETE', 'kv/metadata/a');
    for (const name of await readdir(folder)) {
      const bytes = await readFile(join(folder, name), 'latin1');
      for (const secret of ['canary', token, client.server.rootToken]) expect([name, bytes.includes(secret)]).toEqual([name, false]);
    }
    expect(await everyValueEver(dataFile)).toEqual(['canary-first', 'canary-second']);
    await client.close();
    await unlink(`${dataFile}.key`);
    await expect(everyValueEver(dataFile)).rejects.toMatchObject({ code: 'data_file_unusable' });
    await expect(startVaultServer({ dataFile })).rejects.toMatchObject({ code: 'data_file_unusable' });
  });

  it('keeps a second server from its data file, until it is closed', TIMEOUT, async () => {
    const first = await startVaultServer({ dataFile });
    await expect(startVaultServer({ dataFile })).rejects.toMatchObject({ code: 'data_file_unusable' });
    await first.close();
    await (await startVaultServer({ dataFile })).close();
  });

  it('does not go on as a process where its token cannot be written', TIMEOUT, async () => {
    const args = ['--data-file', dataFile, '--root-token-file', join(folder, 'missing', 'root-token')];
    expect(await runCommandLine(args, { out: () => {}, error: () => {} })).toBe(1);
    await (await startVaultServer({ dataFile })).close();
  });

  it('says what is wrong where it cannot start', TIMEOUT, async () => {
    const first = await startVaultServer();
    await expect(startVaultServer({ port: Number(new URL(first.address).port) })).rejects.toMatchObject({ code: 'port_unavailable' });
    await first.close();
    await writeFile(dataFile, 'this is no database, and longer than a header of SQLite is, which has a hundred bytes, so it is padded here');
    await expect(startVaultServer({ dataFile })).rejects.toMatchObject({ code: 'data_file_unusable' });
    await expect(startVaultServer({ mounts: ['a/b'] })).rejects.toMatchObject({ code: 'options_invalid' });
  });

  // openbao http/sys_health.go; sdk/helper/consts/error.go; http/handler.go
  it.each([
    ['sealed', 503, 503, 'Vault is sealed'],
    ['uninitialized', 501, 503, 'Vault is sealed'],
    ['standby', 429, 500, 'local node not active but active cluster node not found'],
  ] as const)('as a node that is %s: health %i, everything else %i', async (kind, health, status, sentence) => {
    const client = await openClient();
    client.server.setFaults({ kind });
    expect((await fetch(`${client.server.address}/v1/sys/health`)).status).toBe(health);
    expect(await client.ask('GET', 'kv/data/a')).toEqual({ status, body: { errors: [sentence] } });
    client.server.setFaults();
    expect((await fetch(`${client.server.address}/v1/sys/health`)).status).toBe(200);
    await client.close();
  });

  it('hits the requests that a fault names, as often as it says, before or after the act', async () => {
    const client = await openClient();
    client.server.setFaults({ kind: 'drop', when: 'after', match: 'write kv/data/a', count: 1 });
    expect((await client.ask('GET', 'kv/data/a')).status).toBe(404);
    await expect(client.ask('POST', 'kv/data/a', { data: { n: 1 } })).rejects.toThrow();
    expect((await client.ask('GET', 'kv/data/a')).status).toBe(200);
    client.server.setFaults({ kind: 'drop', match: 'write kv/data/a', count: 1 });
    await expect(client.ask('POST', 'kv/data/a', { data: { n: 2 } })).rejects.toThrow();
    expect((await client.ask('GET', 'kv/data/a')).body).toMatchObject({ data: { metadata: { version: 1 } } });
    client.server.setFaults({ kind: 'throttled', count: 1 });
    expect((await client.ask('GET', 'kv/data/a')).status).toBe(429);
    expect((await client.ask('GET', 'kv/data/a')).status).toBe(200);
    await client.close();
  });

  it('takes faults over HTTP from whoever holds the root token', async () => {
    const client = await openClient();
    const put = (token: string, body: unknown) =>
      fetch(`${client.server.address}/_control/faults`, { method: 'PUT', headers: { 'x-vault-token': token }, body: JSON.stringify(body) });
    expect((await put('x', [])).status).toBe(403);
    expect((await put(client.server.rootToken, [{ kind: 'broken' }])).status).toBe(400);
    expect((await put(client.server.rootToken, [{ kind: 'sealed' }])).status).toBe(204);
    expect((await client.ask('GET', 'kv/data/a')).status).toBe(503);
    expect((await put(client.server.rootToken, [])).status).toBe(204);
    expect((await client.ask('GET', 'kv/data/a')).status).toBe(404);
    await client.close();
  });
});
