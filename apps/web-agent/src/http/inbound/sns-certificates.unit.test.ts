import { canMakeCertificates, makeCa } from '@rcm/test-services';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { SnsCertificates } from './sns-certificates.ts';
import { CERTIFICATE_AT, SnsSender } from './sns-sender.fixture.ts';

const isMissing = !canMakeCertificates();
let sender: SnsSender;
/** Later than the certificate’s first second. */
let now: Date;
beforeAll(() => {
  if (!isMissing) sender = new SnsSender();
  now = new Date();
});
beforeEach(({ skip }) => skip(isMissing, 'openssl is not installed: no certificate can be made'));

/** Of what `answer` gives: how many were asked for, and with what. */
function counted(answer: (signal: AbortSignal | undefined) => Promise<Response>) {
  const asked: RequestInit[] = [];
  const fetchOne: typeof fetch = (_address, init = {}) => {
    asked.push(init);
    return answer(init.signal ?? undefined);
  };
  return { asked, fetch: fetchOne };
}
const pem = async () => new Response(sender.pem);

it('a certificate is fetched once for all who ask at once, kept, fetched anew after hours, and never by a redirect', async () => {
  let time = 0;
  const { asked, fetch } = counted(pem);
  const certificates = new SnsCertificates({ fetch, now: () => time });
  const keys = await Promise.all([1, 2, 3].map(() => certificates.key(CERTIFICATE_AT, now)));
  expect(keys.map((key) => key?.asymmetricKeyType)).toEqual(['rsa', 'rsa', 'rsa']);
  await certificates.key(CERTIFICATE_AT, now);
  expect(asked).toMatchObject([{ redirect: 'error' }]);
  time = 7 * 3_600_000;
  await certificates.key(CERTIFICATE_AT, now);
  expect(asked).toHaveLength(2);
});

it.each<[string, () => Promise<Response>]>([
  ['is not there', async () => new Response('no', { status: 404 })],
  ['cannot be reached', async () => Promise.reject(new TypeError('fetch failed'))],
  ['is none', async () => new Response('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')],
  ['is larger than any', async () => new Response(`${sender.pem}${'\n'.repeat(20_000)}`)],
  ['never ends', async () => new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(4_096)) }))],
])('a certificate that %s is none, and is asked for again', async (_, answer) => {
  const { asked, fetch } = counted(answer);
  const certificates = new SnsCertificates({ fetch });
  expect(await certificates.key(CERTIFICATE_AT, now)).toBeNull();
  expect(await certificates.key(CERTIFICATE_AT, now)).toBeNull();
  expect(asked).toHaveLength(2);
});

it('a host that does not answer is waited for to a deadline', async () => {
  const { fetch } = counted((signal) => new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')))));
  expect(await new SnsCertificates({ fetch, deadlineMs: 10 }).key(CERTIFICATE_AT, now)).toBeNull();
});

it('a certificate whose time is over, or has not come, has no key; nor has one with a key of another kind', async () => {
  const certificates = new SnsCertificates({ fetch: pem });
  const days = (count: number) => new Date(now.getTime() + count * 86_400_000);
  expect([await certificates.key(CERTIFICATE_AT, days(3)), await certificates.key(CERTIFICATE_AT, days(-1))]).toEqual([null, null]);
  expect(await certificates.key(CERTIFICATE_AT, now)).not.toBeNull();
  const folder = mkdtempSync(join(tmpdir(), 'rcm-sns-'));
  const other = readFileSync(makeCa(folder, 'other').cert, 'utf8');
  rmSync(folder, { recursive: true });
  expect(await new SnsCertificates({ fetch: async () => new Response(other) }).key(CERTIFICATE_AT, now)).toBeNull();
});

it('of certificates that are not there ten a minute are asked for, whoever names them; what is kept goes on', async () => {
  let time = 0;
  const { asked, fetch } = counted(pem);
  const certificates = new SnsCertificates({ fetch, now: () => time });
  const named = (n: number) => certificates.key(`${CERTIFICATE_AT}?${n}`, now);
  for (let n = 0; n < 10; n += 1) expect(await named(n)).not.toBeNull();
  expect(await named(10)).toBeNull();
  expect(await named(9)).not.toBeNull();
  expect(asked).toHaveLength(10);
  time = 61_000;
  expect(await named(10)).not.toBeNull();
});
