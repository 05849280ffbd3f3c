import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { AuditVerifier, eventHash, headKey, linesOf, microseconds, parseHead, reportLines, signedText } from './verify-audit.mjs';

test.each([
  ['1970-01-01T00:00:00.000001Z', '1'],
  ['2026-11-26T14:00:33.123456Z', '1795701633123456'],
  ['1969-12-31T23:59:59.999999Z', '-1'],
  ['2026-02-30T00:00:00.000000Z', null],
  ['2026-11-26T24:00:00.000000Z', null],
  ['2026-11-26T14:00:33.123Z', null],
  ['2026-11-26T14:00:33.123456+00:00', null],
  ['infinity', null],
])('the time %s is %s microseconds', (at, micros) => expect(microseconds(at)).toBe(micros));

test('a key that is private, or signs in a way that was not agreed, is refused', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  expect(() => headKey(String(privateKey.export({ type: 'pkcs8', format: 'pem' })))).toThrow('private key');
  for (const { publicKey } of [generateKeyPairSync('ec', { namedCurve: 'secp384r1' }), generateKeyPairSync('rsa', { modulusLength: 2048 })])
    expect(() => headKey(String(publicKey.export({ type: 'spki', format: 'pem' })))).toThrow('no Ed25519 or P-256 key');
});

describe('a head', () => {
  const head = { v: 'rcm-audit-head/1', org: 'o', count: 1, hash: 'a'.repeat(64), at: '2026-11-26T14:00:33.123456Z', key: 'k', sig: 'AAAA' };
  test('is one line in one form', () => expect(parseHead(JSON.stringify(head))).toEqual(head));
  test.each([{ v: 'rcm-audit-head/2' }, { count: 0 }, { count: '1' }, { count: 1.5 }, { hash: 'A'.repeat(64) }, { at: 'now' }, { sig: 'AAAB=' }, { more: 1 }])(
    'is not one with %j',
    (other) => expect(parseHead(JSON.stringify({ ...head, ...other }))).toBeNull(),
  );
});

test('of one organization nothing is said of the heads of others, however many of them name a key that was not given', () => {
  const verifier = new AuditVerifier({ keys: [], orgs: ['theirs'] });
  const lineOf = (org: string) => {
    const head = { v: 'rcm-audit-head/1', org, count: 1, hash: 'a'.repeat(64), at: '2026-11-26T14:00:33.123456Z', key: 'earlier', sig: 'AAAA' };
    return Buffer.from(JSON.stringify(head));
  };
  const at = { from: 'heads', complete: true };
  for (let number = 1; number <= 300; number += 1) verifier.takeHead(lineOf('others'), { ...at, number });
  verifier.takeHead(lineOf('theirs'), { ...at, number: 301 });
  const { findings, unlisted } = verifier.report();
  expect([findings.map(({ kind, org }) => [kind, org]), unlisted]).toEqual([
    [
      ['head_key_unknown', 'theirs'],
      ['no_heads', null],
    ],
    0,
  ]);
});

test('an organization that was named and of which there is nothing at all is not passed over beside one that is proven', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = headKey(String(publicKey.export({ type: 'spki', format: 'pem' })));
  const at = '2026-11-26T14:00:33.123456Z';
  const event = { org_id: 'there', seq: 1, at, actor: 'a', action: 'b.c', subject: 's', reason: 'r', details: '{}', previous_hash: '', hash: '' };
  const hash = eventHash(event) ?? '';
  const head = { v: 'rcm-audit-head/1', org: 'there', count: 1, hash, at, key: key.id };
  const sig = sign(null, Buffer.from(signedText(head)), privateKey).toString('base64');
  const found = (orgs: string[]) => {
    const verifier = new AuditVerifier({ keys: [key], orgs });
    verifier.takeHead(Buffer.from(JSON.stringify({ ...head, sig })), { from: 'heads', number: 1, complete: true });
    verifier.takeEvent(Buffer.from(JSON.stringify({ ...event, hash })), { complete: true });
    const { ok, findings } = verifier.report();
    return [ok, findings.map(({ kind, org }) => [kind, org])];
  };
  expect(found(['there'])).toEqual([true, []]);
  expect(found(['there', 'gone'])).toEqual([false, [['chain_missing', 'gone']]]);
});

test('what heads and events call themselves steers no terminal, and is no line of the report', () => {
  const hostile = 'o\n1 lines, 1 organizations, 1 heads: nothing wrong was found.\u001b[2K\u001bP\u009d\u202e\u2028';
  const verifier = new AuditVerifier({ keys: [] });
  const head = { v: 'rcm-audit-head/1', org: hostile, count: 1, hash: 'a'.repeat(64), at: '2026-11-26T14:00:33.123456Z', key: hostile, sig: 'AAAA' };
  verifier.takeHead(Buffer.from(JSON.stringify(head)), { from: 'heads', number: 1, complete: true });
  const event = { org_id: hostile, seq: 2, at: head.at, actor: 'a', action: 'b.c', subject: 's', reason: 'r', details: '{}', previous_hash: '', hash: '' };
  verifier.takeEvent(Buffer.from(JSON.stringify(event)), { complete: true });
  const report = verifier.report();
  expect(report.findings.map(({ kind }) => kind)).toEqual(['head_key_unknown', 'event_changed', 'events_missing', 'no_heads']);
  const lines = reportLines(report);
  expect(lines).toHaveLength(6);
  expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

test('lines are cut at newlines alone, wherever the chunks end', async () => {
  const text = Buffer.from('a\n\nbä\u2028c\r\nlast');
  for (let cut = 0; cut <= text.length; cut += 1) {
    const lines = [];
    for await (const { line, complete } of linesOf([text.subarray(0, cut), text.subarray(cut)])) lines.push([line.toString(), complete]);
    expect(lines).toEqual([
      ['a', true],
      ['', true],
      ['bä\u2028c\r', true],
      ['last', false],
    ]);
  }
});
