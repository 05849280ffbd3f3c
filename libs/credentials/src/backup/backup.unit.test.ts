import { Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { Secret } from '@rcm/telemetry';
import { beforeAll, describe, expect, it } from 'vitest';
import type { IdentityKeys } from '../login-identity.ts';
import { type BackedUpLogin, type BackupHead, checkRecipients, openBackup, sealBackup } from './index.ts';

const keysOf = (id: string, letter: string): IdentityKeys => ({ current: { id, key: new Secret(letter.repeat(40)) } });
const KEYS = keysOf('1', 'k');
const HEAD: BackupHead = { environment: 'prod', orgId: 'north', takenAt: new Date('2026-11-27T10:00:00.000Z') };
const CANARY = 'Canary-9-of-a-password';

const login = (place: number, copies = 0, orgId = 'north'): BackedUpLogin => ({
  endpointId: `e-${place}`,
  portalTypeCode: 'alpine',
  reference: `arn:aws:ssm:us-east-1:123456789012:parameter/rcm/prod/${orgId}/endpoints/e-${place}/a-1`,
  version: `${place}`,
  text: new Secret(`{"username":"u","password":"${CANARY}-${place}","note":"ü\\n"}`),
  staged: Array.from({ length: copies }, (_, i) => ({
    attemptId: `00000000-0000-4000-8000-00000000000${i}`,
    text: new Secret(`{"username":"u","password":"${CANARY}-staged-${i}"}`),
  })),
});
const plain = ({ text, staged, ...rest }: BackedUpLogin) => ({
  ...rest,
  text: text.reveal(),
  staged: staged.map((copy) => ({ ...copy, text: copy.text.reveal() })),
});

async function* each(logins: readonly BackedUpLogin[]): AsyncGenerator<BackedUpLogin> {
  for (const one of logins) yield await Promise.resolve(one);
}
const bytesOf = async (stream: ReadableStream<Uint8Array>): Promise<Buffer> => Buffer.from(await new Response(stream).arrayBuffer());
const streamOf = (bytes: Uint8Array, chunk = 1_000): ReadableStream<Uint8Array> =>
  ReadableStream.from(Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, i) => bytes.slice(i * chunk, (i + 1) * chunk)));

let identity: string;
let recipient: string;
beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

const sealed = async (logins: readonly BackedUpLogin[], keys = KEYS, recipients = [recipient]): Promise<Buffer> =>
  bytesOf(await sealBackup({ recipients, keys, head: HEAD, logins: each(logins) }));

async function read(bytes: Uint8Array, keys = KEYS, identities = [identity]) {
  const { head, logins } = await openBackup({ identities: identities.map((text) => new Secret(text)), keys, file: streamOf(bytes) });
  const all: unknown[] = [];
  for (;;) {
    const next = await logins.next();
    if (next.done) return { head, all, end: next.value };
    all.push(plain(next.value));
  }
}
/** A file as somebody makes it who knows a recipient and nothing else. */
const forged = async (lines: readonly object[]): Promise<Uint8Array> => {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter.encrypt(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
};
const HEAD_LINE = { rcm_backup: 1, environment: 'prod', org_id: 'north', taken_at: '2026-11-27T10:00:00.000Z' };
const END_LINE = { end: true, logins: 0, key_id: '1', mark: '0'.repeat(64) };
const lineOf = (place: number, orgId = 'north') => {
  const { endpointId, portalTypeCode, reference, version, text } = plain(login(place, 0, orgId));
  return { endpoint_id: endpointId, portal_type: portalTypeCode, secret: reference, version, payload: text, staged: [] };
};

describe('what was sealed', () => {
  it('is what is read, byte for byte, with what lay staged beside it, and says that it is ours', async () => {
    const logins = [login(1, 2), login(2), login(3, 1)];
    expect(await read(await sealed(logins))).toEqual({ head: HEAD, all: logins.map(plain), end: { logins: 3, origin: 'ours' } });
  });

  it('is read where it is longer than any piece of it that is read at once', async () => {
    const logins = Array.from({ length: 900 }, (_, i) => login(i, i % 3));
    const { all, end } = await read(await sealed(logins));
    expect(all).toEqual(logins.map(plain));
    expect(end).toEqual({ logins: 900, origin: 'ours' });
  });

  it('can be read by each recipient, of either kind, and by nobody else', async () => {
    const later = await generateHybridIdentity();
    const bytes = await sealed([login(1)], KEYS, [recipient, await identityToRecipient(later)]);
    for (const mine of [identity, later]) expect((await read(bytes, KEYS, [mine])).all).toHaveLength(1);
    await expect(read(bytes, KEYS, [await generateX25519Identity()])).rejects.toMatchObject({ code: 'input_invalid' });
  });

  it('holds no plaintext', async () => {
    const text = (await sealed([login(1, 1)])).toString('latin1');
    for (const word of [CANARY, 'username', 'alpine', 'north']) expect(text).not.toContain(word);
  });

  it('of no login has a beginning and an end', async () => {
    expect(await read(await sealed([]))).toEqual({ head: HEAD, all: [], end: { logins: 0, origin: 'ours' } });
  });

  it('is known by a key that was changed since', async () => {
    const bytes = await sealed([login(1)], keysOf('1', 'o'));
    const changed: IdentityKeys = { ...keysOf('2', 'n'), previous: { id: '1', key: new Secret('o'.repeat(40)) } };
    expect((await read(bytes, changed)).end.origin).toBe('ours');
    expect((await read(bytes, keysOf('2', 'n'))).end.origin).toBe('unknown');
    expect((await read(bytes, keysOf('1', 'n'))).end.origin).toBe('unknown');
  });
});

describe('what was not sealed here', () => {
  it('with a recipient alone nobody makes a file that says it is ours', async () => {
    const mine = await forged([HEAD_LINE, lineOf(1), { ...END_LINE, logins: 1 }]);
    expect((await read(mine)).end).toEqual({ logins: 1, origin: 'unknown' });
  });

  it('nor by changing, leaving out or adding a line of one', async () => {
    const real = { key_id: '1', mark: '' };
    const file = await sealed([login(1), login(2)]);
    // As whoever holds an identity reads them.
    const lines = await linesWithin(file);
    Object.assign(real, JSON.parse(lines.at(-1) ?? '{}'));
    const cases = [
      [HEAD_LINE, lineOf(1), lineOf(2), { ...real }],
      [HEAD_LINE, lineOf(1), { ...lineOf(2), version: '9' }, { ...real }],
      [HEAD_LINE, lineOf(2), lineOf(1), { ...real }],
      [{ ...HEAD_LINE, taken_at: '2026-11-27T10:00:00.001Z' }, lineOf(1), lineOf(2), { ...real }],
      [HEAD_LINE, lineOf(1), { ...real, logins: 1 }],
    ];
    const origins = [];
    for (const each of cases) origins.push((await read(await forged(each))).end.origin);
    expect(origins).toEqual(['ours', 'unknown', 'unknown', 'unknown', 'unknown']);
  });

  it('is refused where it is changed in any byte, or cut off anywhere', async () => {
    const file = await sealed(Array.from({ length: 400 }, (_, i) => login(i)));
    for (let at = 0; at < file.length; at += Math.ceil(file.length / 60)) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(read(changed), `byte ${at}`).rejects.toMatchObject({ code: 'input_invalid' });
      await expect(read(file.subarray(0, at)), `cut at ${at}`).rejects.toMatchObject({ code: 'input_invalid' });
    }
  });

  it.each([
    ['is not one', [{}]],
    ['does not begin', [lineOf(1), END_LINE]],
    ['begins twice', [HEAD_LINE, HEAD_LINE, END_LINE]],
    ['has no end', [HEAD_LINE, lineOf(1)]],
    ['goes on behind its end', [HEAD_LINE, END_LINE, END_LINE]],
    ['counts other logins than it has', [HEAD_LINE, lineOf(1), END_LINE]],
    ['holds a login of another organization', [HEAD_LINE, lineOf(1, 'south'), { ...END_LINE, logins: 1 }]],
    ['names no secret', [HEAD_LINE, { ...lineOf(1), secret: 'arn:aws:s3:::bucket/rcm/prod/north/endpoints/e-1/a-1' }, { ...END_LINE, logins: 1 }]],
    ['is of a later form', [{ ...HEAD_LINE, rcm_backup: 2 }, END_LINE]],
    ['has a field that nobody knows', [HEAD_LINE, { ...lineOf(1), more: 1 }, { ...END_LINE, logins: 1 }]],
  ])('is refused where it %s, with nothing of it in the words', async (_, lines) => {
    const error: unknown = await read(await forged(lines)).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'input_invalid' });
    expect((error as Error).message).not.toContain(CANARY);
  });

  it('is refused where it is text, an age file of something else, or nothing', async () => {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    for (const bytes of [Buffer.alloc(0), Buffer.from('hello\n'), await encrypter.encrypt('hello'), await encrypter.encrypt(new Uint8Array(9_000_000))])
      await expect(read(bytes)).rejects.toMatchObject({ code: 'input_invalid' });
  });
});

it('a file that age’s own program sealed is read as one of ours', async () => {
  const theirs = Buffer.from(SEALED_BY_AGE, 'base64');
  const { head, all, end } = await read(theirs, KEYS, ['AGE-SECRET-KEY-18CC3DMHRRPE8DLX773C6EDXD99JH6Q2LMFT7J55WHF2A657AGE8Q70GNZJ']);
  expect({ head, end }).toEqual({ head: HEAD, end: { logins: 1, origin: 'ours' } });
  expect(all).toMatchObject([{ endpointId: 'e-1', text: '{"username":"u","password":"p"}' }]);
});

it('endpoints that share a secret are each in it', async () => {
  const shared = { ...login(1), endpointId: 'e-9' };
  expect((await read(await sealed([login(1), shared]))).all).toEqual([plain(login(1)), plain(shared)]);
});

it.each([{ endpointId: '../e' }, { portalTypeCode: '' }, { reference: 'arn:aws:s3:::bucket' }, { staged: [{ attemptId: 'A', text: new Secret('{}') }] }])(
  'what could not be read again is not sealed: %j',
  async (odd) => {
    await expect(sealed([{ ...login(1), ...odd }])).rejects.toMatchObject({ code: 'input_invalid' });
  },
);

it('a login that cannot be read ends the file without its end, and the file cannot be taken for a whole one', async () => {
  async function* failing(): AsyncGenerator<BackedUpLogin> {
    yield await Promise.resolve(login(1));
    throw new Error('the store is away');
  }
  const stream = await sealBackup({ recipients: [recipient], keys: KEYS, head: HEAD, logins: failing() });
  await expect(bytesOf(stream)).rejects.toThrow('the store is away');
});

it.each([{ recipients: ['age1'] }, { recipients: ['not a key'] }, { recipients: [] }])('$recipients is no list of recipients', ({ recipients }) => {
  expect(() => checkRecipients(recipients)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
});

async function linesWithin(file: Buffer): Promise<string[]> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return (await decrypter.decrypt(file, 'text')).trimEnd().split('\n');
}

/** The lines of one login, sealed by `age` 1.2.1 of Debian. */
const SEALED_BY_AGE = [
  'YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBjam05MWVrZzFNcnd4ZkdEZEhWaUdWanVHSjMwdWhxYWljZzE3OGNJTGpjCjlJblB2aUVwVjY0MkxEbVdhbEVQd3NpR0NvUHVo',
  'b3N4NWJyWFBqVDRDWEkKLS0tIGMyL0NrbVQ1STg2S3VJT3dvZlVseThGd0RibXRvdXliQ2JGdzRSM1pUVWMKLA61OEto2V4uQzjzsdnGCFtaymmrgMh1ym6FAts9OiLbA8zVHk97lEIY',
  'WcU3kigW8PR5ddkJNUoH3wKvgfic1XfhfUJoOsR2I0q4p3ndY6fLV1YE20Ar/MxCJmR7tWj4IlLUakzhkrG52VtOtIGX/hnTp+9lAuYjEvuf6+RJ3emhmeoW98eo8gGvt2ga9NNaDrMv',
  'xr0c3pdRX55QYBJTn6I24d6pNsAwCrn3xzhYh6pEpY4nPEIJpn9E2YiZ/t9I06btgVrtZndJRDv88lsOG7gqetYPe+r9tvV7EUa/BW7ITmtjldaR/0u+88bq7ot8i9do1o6k3wUyUNXt',
  'Ev7v4RhtI+Ggz5XPni7Pg+cZ0B/Z0eVTT1BKbTG+U8VYUvJUuBIwjmoTQ4RulD+PzfXjQRuKP111Ywq0AWDt47tqqeqlz38VE/FpsBdp2+paeQEc9tno+mcArRL0OqC3MzQB0ei44X6Q',
  'vlC6a14BMTOSbfetV8CSdrJzzdVdyFnaaULZc76j7hABk+2QIFiO1DSPbRPElPHkPbVvBpWXsat6Hjm7/ipl0HNZawEF2nfFJ4Fx4SksB9idmaLpJabvius23A==',
].join('');
