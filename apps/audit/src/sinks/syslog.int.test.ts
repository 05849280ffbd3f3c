import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { canMakeCertificates, makeCa, makeCertificate } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { syslog, syslogPlace } from './syslog.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'rcm-syslog-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const never = new AbortController().signal;
const heads = [1, 2].map((count) => ({ orgId: 'o', count, hash: 'h', line: JSON.stringify({ v: 'x', org: 'ä', count }) }));

/** What arrived, frame by frame, as RFC 6587 counts them. */
function frames(bytes: Buffer): string[] {
  const found = [];
  for (let rest = bytes; rest.length > 0;) {
    const space = rest.indexOf(' ');
    const length = Number(rest.subarray(0, space).toString());
    expect(rest.length).toBeGreaterThanOrEqual(space + 1 + length);
    found.push(rest.subarray(space + 1, space + 1 + length).toString());
    rest = rest.subarray(space + 1 + length);
  }
  return found;
}
const RFC_5424 = /^<109>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [\x21-\x7e]{1,255} rcm-audit \d+ head - (\{.*\})$/;

function listening(socketPath: string, onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer({ allowHalfOpen: true }, onSocket);
  onTestFinished(() => void server.close());
  return new Promise((resolve) => server.listen(socketPath, () => resolve(socketPath)));
}
function collecting(): { readonly take: (socket: Socket) => void; readonly taken: Promise<Buffer> } {
  let give = (_: Buffer): void => {};
  const taken = new Promise<Buffer>((resolve) => (give = resolve));
  const take = (socket: Socket): void => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
    socket.on('end', () => {
      give(Buffer.concat(chunks));
      socket.end();
    });
  };
  return { take, taken };
}

describe('a stream socket of this machine', () => {
  test('is given one message for each head', async () => {
    const { take, taken } = collecting();
    const socket = await listening(join(folder, 'log'), take);
    await syslog({ socket }).write(heads, never);
    expect(frames(await taken).map((text) => RFC_5424.exec(text)?.[1])).toEqual(heads.map(({ line }) => line));
  });

  test('that is not there, or ends before everything was taken, is no success', async () => {
    await expect(syslog({ socket: join(folder, 'none') }).write(heads, never)).rejects.toMatchObject({
      code: 'audit_unavailable',
      message: expect.stringContaining('ENOENT'),
    });
    const ended = await listening(join(folder, 'ended'), (socket) => socket.on('error', () => {}).destroy());
    const many = Array.from({ length: 50_000 }, () => heads[0] as (typeof heads)[number]);
    await expect(syslog({ socket: ended }).write(many, never)).rejects.toMatchObject({ code: 'audit_unavailable' });
  });

  test('that never answers is let go of when the wait is over', async () => {
    const silent = await listening(join(folder, 'silent'), (socket) => void socket.on('error', () => {}).pause());
    const stop = new AbortController();
    const writing = syslog({ socket: silent }).write(heads, stop.signal);
    setTimeout(() => stop.abort(), 50);
    await expect(writing).rejects.toMatchObject({ code: 'audit_unavailable' });
  });
});

describe.skipIf(!canMakeCertificates())('TLS', () => {
  async function tlsServer() {
    const ca = makeCa(folder, 'ca');
    const { cert, key } = makeCertificate(folder, { name: 'server', ca, names: 'IP:127.0.0.1,DNS:localhost' });
    const { take, taken } = collecting();
    const server = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, take);
    server.on('tlsClientError', () => {});
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: (server.address() as AddressInfo).port, ca: readFileSync(ca.cert, 'utf8'), taken };
  }

  test('is given them where its certificate is proved', async () => {
    const { port, ca, taken } = await tlsServer();
    await syslog({ host: '127.0.0.1', port, ca }).write(heads, never);
    expect(frames(await taken)).toHaveLength(2);
  });

  test('is given nothing where it is not', async () => {
    const { port } = await tlsServer();
    await expect(syslog({ host: '127.0.0.1', port }).write(heads, never)).rejects.toMatchObject({
      code: 'audit_unavailable',
      message: expect.stringMatching(/CERT|SIGNATURE/),
    });
  });
});

test.each([
  ['tls://logs.example', { host: 'logs.example', port: 6514, ca: undefined }],
  ['tls://[::1]:99', { host: '::1', port: 99, ca: undefined }],
  ['unix:/run/log.sock', { socket: '/run/log.sock' }],
  ['tcp://logs.example:514', null],
  ['udp://logs.example', null],
  ['unix:relative', null],
  ['tls://logs.example/path', null],
  ['', null],
])('%j is %j', (text, place) => expect(syslogPlace(text)).toEqual(place));
