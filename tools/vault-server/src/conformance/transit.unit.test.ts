import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, openClient, type Said } from './client.fixture.ts';

// Each expectation is one of the API documentation of the transit engine, or of its source where a file is named.
describe('transit', () => {
  let client: Client;
  beforeEach(async () => {
    client = await openClient();
    await client.ask('POST', 'transit/keys/plain');
    await client.ask('POST', 'transit/keys/derived', { derived: true });
  });
  afterEach(() => client.close());

  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const dataOf = ({ body }: Said) => body?.data as Readonly<Record<string, unknown>>;
  const refused = (...errors: readonly string[]) => ({ status: 400, body: { errors } });
  const decrypt = (name: string, ciphertext: unknown, context?: string) =>
    client.ask('POST', `transit/decrypt/${name}`, { ciphertext, ...(context === undefined ? {} : { context: base64(context) }) });

  it('gives a data key in plain and encrypted, and both are the same', async () => {
    const made = dataOf(await client.ask('POST', 'transit/datakey/plaintext/plain', {}));
    expect(Buffer.from(String(made.plaintext), 'base64')).toHaveLength(32);
    expect(made.ciphertext).toMatch(/^vault:v1:/);
    expect(dataOf(await decrypt('plain', made.ciphertext))).toEqual({ plaintext: made.plaintext });
  });

  it('gives it wrapped alone, and in other lengths', async () => {
    expect(dataOf(await client.ask('POST', 'transit/datakey/wrapped/plain', {}))).not.toHaveProperty('plaintext');
    const long = dataOf(await client.ask('POST', 'transit/datakey/plaintext/plain', { bits: 512 }));
    expect(Buffer.from(String(long.plaintext), 'base64')).toHaveLength(64);
    // path_datakey.go
    expect(await client.ask('POST', 'transit/datakey/plaintext/plain', { bits: 100 })).toEqual(refused('invalid bit length'));
    expect(await client.ask('POST', 'transit/datakey/else/plain', {})).toEqual(refused("Invalid path, must be 'plaintext' or 'wrapped'"));
    expect(await client.ask('POST', 'transit/datakey/plaintext/nobody', {})).toEqual(refused('encryption key not found'));
  });

  // sdk/helper/keysutil/policy.go, GetKey
  it('derives a key for each context, which a derived key needs and another does not look at', async () => {
    expect(await client.ask('POST', 'transit/datakey/plaintext/derived', {})).toMatchObject({
      status: 400,
      body: { errors: [expect.stringMatching(/^missing 'context'/)] },
    });
    const made = dataOf(await client.ask('POST', 'transit/datakey/plaintext/derived', { context: base64('a') }));
    expect(dataOf(await decrypt('derived', made.ciphertext, 'a'))).toEqual({ plaintext: made.plaintext });
    expect(await decrypt('derived', made.ciphertext, 'b')).toEqual(refused('invalid ciphertext: unable to decrypt'));
    const loose = dataOf(await client.ask('POST', 'transit/datakey/plaintext/plain', { context: base64('a') }));
    expect((await decrypt('plain', loose.ciphertext, 'b')).status).toBe(200);
    expect(await client.ask('POST', 'transit/datakey/plaintext/derived', { context: '?' })).toEqual(refused('failed to base64-decode context'));
  });

  // sdk/helper/keysutil/policy.go, DecryptWithFactory
  it('opens no other key’s ciphertext, and none that was changed or is none', async () => {
    const made = String(dataOf(await client.ask('POST', 'transit/datakey/plaintext/plain', {})).ciphertext);
    await client.ask('POST', 'transit/keys/another');
    expect(await decrypt('another', made)).toEqual(refused('invalid ciphertext: unable to decrypt'));
    expect(await decrypt('plain', made.replace('v1', 'v2'))).toEqual(refused('invalid ciphertext: version is too new'));
    expect(await decrypt('plain', 'x')).toEqual(refused('invalid ciphertext: no prefix'));
    expect(await decrypt('plain', '')).toEqual(refused('missing ciphertext to decrypt'));
    expect(await decrypt('nobody', made)).toEqual(refused('encryption key not found'));
  });

  it('opens what an older version encrypted, until that version is disallowed', async () => {
    const made = dataOf(await client.ask('POST', 'transit/datakey/plaintext/plain', {}));
    await client.ask('POST', 'transit/keys/plain/rotate');
    expect(dataOf(await client.ask('POST', 'transit/datakey/wrapped/plain', {})).ciphertext).toMatch(/^vault:v2:/);
    expect((await decrypt('plain', made.ciphertext)).status).toBe(200);
    await client.ask('POST', 'transit/keys/plain/config', { min_decryption_version: 2 });
    expect(await decrypt('plain', made.ciphertext)).toEqual(refused('ciphertext or signature version is disallowed by policy (too old)'));
  });

  it('deletes a key only where that was allowed', async () => {
    expect((await client.ask('DELETE', 'transit/keys/plain')).status).toBe(400);
    await client.ask('POST', 'transit/keys/plain/config', { deletion_allowed: true });
    expect((await client.ask('DELETE', 'transit/keys/plain')).status).toBe(204);
    expect((await client.ask('GET', 'transit/keys/plain')).status).toBe(404);
  });

  it('asks the policies: each act is an update of its own path', async () => {
    const token = await client.tokenWith({ 'transit/datakey/plaintext/plain': ['update'] });
    const as = { 'x-vault-token': token };
    expect((await client.ask('POST', 'transit/datakey/plaintext/plain', {}, as)).status).toBe(200);
    for (const path of [
      'transit/datakey/plaintext/derived',
      'transit/datakey/wrapped/plain',
      'transit/decrypt/plain',
      'transit/keys/plain',
      'transit/keys/plain/rotate',
    ])
      expect((await client.ask('POST', path, {}, as)).status, path).toBe(403);
  });
});
