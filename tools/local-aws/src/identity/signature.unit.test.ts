import { createHash } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { expect, test } from 'vitest';
import { parseAmzDate, parseSignatureHeader, signatureMatches, type SignedRequest } from './signature.ts';

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

/** The checksum that the signer asks for. */
class Sha256 {
  #hash: ReturnType<typeof createHash>;
  readonly #key: Buffer | undefined;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#key = key === undefined ? undefined : bytesOf(key);
    this.#hash = this.#fresh();
  }

  // HMAC by its definition (RFC 2104), so that the verifier's own HMAC is not what it is checked with.
  #fresh() {
    const hash = createHash('sha256');
    return this.#key ? hash.update(this.#pad(0x36)) : hash;
  }

  #pad(byte: number): Buffer {
    const key = Buffer.alloc(64);
    const given = this.#key ?? Buffer.alloc(0);
    (given.length > 64 ? createHash('sha256').update(given).digest() : given).copy(key);
    return key.map((each) => each ^ byte) as Buffer;
  }

  reset(): void {
    this.#hash = this.#fresh();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    const inner = this.#hash.digest();
    return Promise.resolve(this.#key ? createHash('sha256').update(this.#pad(0x5c)).update(inner).digest() : inner);
  }
}

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

/** A request as the SDK's own signer makes it. */
async function signed(body = '{"Name":"/a"}'): Promise<SignedRequest> {
  const signer = new SignatureV4({
    service: 'ssm',
    region: 'us-east-1',
    sha256: Sha256,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: SECRET },
  });
  const request = {
    method: 'POST',
    protocol: 'http:',
    hostname: '127.0.0.1',
    path: '/',
    query: {},
    headers: { host: '127.0.0.1:1', 'x-amz-target': 'AmazonSSM.GetParameter' },
    body,
  };
  const { headers } = await signer.sign(request);
  return { method: 'POST', target: '/', headers, body: Buffer.from(body) };
}

function matches(request: SignedRequest, secret = SECRET): boolean {
  const header = parseSignatureHeader(request.headers.authorization ?? '');
  return header !== null && signatureMatches(request, header, secret);
}

test('takes what the SDK’s signer signed', async () => {
  expect(matches(await signed())).toBe(true);
});

test.each([
  ['another secret', (request: SignedRequest) => matches(request, `${SECRET}x`)],
  ['another body', (request: SignedRequest) => matches({ ...request, body: Buffer.from('{"Name":"/b"}') })],
  [
    'another body with its own hash',
    (request: SignedRequest) =>
      matches({ ...request, body: Buffer.from('x'), headers: { ...request.headers, 'x-amz-content-sha256': createHash('sha256').update('x').digest('hex') } }),
  ],
  ['another method', (request: SignedRequest) => matches({ ...request, method: 'PUT' })],
  ['another path', (request: SignedRequest) => matches({ ...request, target: '/x' })],
  ['a query', (request: SignedRequest) => matches({ ...request, target: '/?a=b' })],
  ['another operation', (request: SignedRequest) => matches({ ...request, headers: { ...request.headers, 'x-amz-target': 'AmazonSSM.DeleteParameter' } })],
  ['another host', (request: SignedRequest) => matches({ ...request, headers: { ...request.headers, host: 'elsewhere' } })],
  ['a session token that was not signed', (request: SignedRequest) => matches({ ...request, headers: { ...request.headers, 'x-amz-security-token': 'x' } })],
  ['another time', (request: SignedRequest) => matches({ ...request, headers: { ...request.headers, 'x-amz-date': '20200101T000000Z' } })],
])('refuses %s', async (_, check) => {
  expect(check(await signed())).toBe(false);
});

test.each(['', 'Bearer x', 'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/ssm/aws4_request'])(
  'reads no signature from "%s"',
  (header) => {
    expect(parseSignatureHeader(header)).toBeNull();
  },
);

test('reads the time of a request, and nothing that only looks like one', () => {
  expect(parseAmzDate('20260102T030405Z')).toEqual(new Date('2026-01-02T03:04:05Z'));
  expect(parseAmzDate('2026-01-02T03:04:05Z')).toBeNull();
});
