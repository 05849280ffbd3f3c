import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { helloOf } from './client-hello.fixture.ts';
import { tunnelUse } from './client-hello.ts';

describe('the first bytes of a tunnel', () => {
  let requests: Buffer;
  let socket: Buffer;
  let bare: Buffer;
  beforeAll(async () => {
    [requests, socket, bare] = await Promise.all([helloOf(['h2', 'http/1.1']), helloOf(['http/1.1']), helloOf([])]);
  });

  it('are those of requests only where HTTP/2 is offered', () => {
    expect([tunnelUse(requests), tunnelUse(socket), tunnelUse(bare)]).toEqual(['requests', 'socket', 'socket']);
    expect(tunnelUse(Buffer.from('GET /live HTTP/1.1\r\n'))).toBe('socket');
  });

  it('are waited for where they are not whole, whatever the pieces', () => {
    for (let bytes = 0; bytes < requests.length; bytes += 1) expect(tunnelUse(requests.subarray(0, bytes))).toBeNull();
    expect(tunnelUse(inRecords(requests, 100))).toBe('requests');
    expect(tunnelUse(inRecords(socket, 1))).toBe('socket');
  });

  it('are those of a socket, and nothing is thrown, whatever else they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), fc.nat(400), (noise, at) => {
        const broken = Buffer.from(requests);
        broken.set(noise.subarray(0, Math.max(0, broken.length - at)), Math.min(at, broken.length));
        expect(['requests', 'socket', null]).toContain(tunnelUse(broken));
        if (noise[0] !== 22) expect(tunnelUse(Buffer.from(noise))).toBe('socket');
      }),
      { numRuns: 2_000 },
    );
  });

  it('are not waited for without end', () => {
    const endless = Buffer.concat([Buffer.from([22, 3, 1, 0xff, 0xff, 1, 0xff, 0xff, 0xff]), Buffer.alloc(70_000, 22)]);
    expect(tunnelUse(endless)).toBe('socket');
  });
});

/** The same handshake in records of so many bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5, 5 + hello.readUInt16BE(3));
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}
