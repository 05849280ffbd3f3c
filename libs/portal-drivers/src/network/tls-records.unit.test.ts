import { expect, it } from 'vitest';
import { ApplicationData } from './tls-records.ts';

const record = (type: number, length: number): Buffer => Buffer.from([type, 3, 3, length >> 8, length & 255, ...new Array<number>(length).fill(23)]);
const [CIPHERS, ALERT, HANDSHAKE, DATA] = [20, 21, 22, 23];

it.each([1, 2, 7, 1000])('counts application data with its headers, and nothing else, however it is cut: %d bytes at a time', (size) => {
  const bytes = Buffer.concat([
    record(HANDSHAKE, 600),
    record(CIPHERS, 1),
    record(DATA, 300),
    record(ALERT, 0),
    record(DATA, 0),
    record(HANDSHAKE, 23),
    record(DATA, 2),
  ]);
  const data = new ApplicationData();
  let count = 0;
  for (let at = 0; at < bytes.length; at += size) count += data.countIn(bytes.subarray(at, at + size));
  expect(count).toBe(305 + 5 + 7);
});

it('counts what is no TLS', () => {
  expect(new ApplicationData().countIn(Buffer.from('GET / HTTP/1.1'))).toBe(14);
});
