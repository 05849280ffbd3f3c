import { describe, expect, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import { SecretMatcher, type Match } from './matcher.ts';
import { secretForms } from './forms.ts';

const AWKWARD = 'Grün-🔑"a\\b/c d+e&f\'(g)!';

function find(secrets: string[], data: Buffer, chunk = data.length): Match[] {
  const found: Match[] = [];
  const search = new SecretMatcher(secrets).search((match) => found.push(match));
  for (let at = 0; at < data.length; at += chunk) search.push(data.subarray(at, at + chunk));
  search.end();
  return found;
}

describe('secret search', () => {
  const encodings: Record<string, (secret: string) => string | Buffer> = {
    plain: (secret) => secret,
    'a JSON string': (secret) => JSON.stringify({ password: secret }),
    'JSON inside a JSON string': (secret) => JSON.stringify({ message: JSON.stringify({ password: secret }) }),
    'JSON with escaped non-ASCII': (secret) => JSON.stringify(secret).replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
    'a URL component': (secret) => `https://portal.example/?p=${encodeURIComponent(secret)}&x=1`,
    'a form body': (secret) => new URLSearchParams({ user: 'u', password: secret, x: 'y' }).toString(),
    'lower-case percent encoding': (secret) => encodeURIComponent(secret).replace(/%../g, (octet) => octet.toLowerCase()),
    'UTF-16': (secret) => Buffer.from(`x${secret}y`, 'utf16le'),
  };
  for (const [name, encode] of Object.entries(encodings)) {
    it(`finds a secret in ${name}`, () => {
      const data = Buffer.concat([randomBytes(100), Buffer.from(encode(AWKWARD) as string), randomBytes(100)]);
      expect(find([AWKWARD], data).length).toBeGreaterThan(0);
    });
  }

  for (const alphabet of ['base64', 'base64url'] as const) {
    for (const before of [0, 1, 2, 3, 4, 5]) {
      it(`finds a secret in ${alphabet} with ${before} bytes before it and others behind`, () => {
        for (const after of [0, 1, 2, 3]) {
          const secret = 'pä?>ss~~word';
          const data = Buffer.from(Buffer.concat([randomBytes(before), Buffer.from(secret), randomBytes(after)]).toString(alphabet));
          expect(find([secret], data).map((match) => match.form)).toContain('base64');
        }
      });
    }
  }

  it('finds a secret wherever it is cut between chunks, once', () => {
    const data = Buffer.concat([randomBytes(37), Buffer.from('correct-horse-1'), randomBytes(11)]);
    for (const chunk of [1, 2, 3, 5, 7, 16, 40, 62]) expect(find(['correct-horse-1'], data, chunk)).toEqual([{ secret: 0, form: 'plain', offset: 37 }]);
  });

  it('counts every place and tells the secrets apart', () => {
    const found = find(['alpha-secret', 'beta-secret'], Buffer.from('alpha-secret beta-secret alpha-secret'));
    expect(found.map((match) => [match.secret, match.offset])).toEqual([
      [0, 0],
      [1, 13],
      [0, 25],
    ]);
  });

  it('finds one that overlaps itself and one inside another', () => {
    expect(find(['aaaa'], Buffer.from('aaaaaa')).map((match) => match.offset)).toEqual([0, 1, 2]);
    expect(
      find(['inside-it', 'what-is-inside-it'], Buffer.from('what-is-inside-it'))
        .map((match) => match.secret)
        .sort(),
    ).toEqual([0, 1]);
  });

  it('seeks a very short secret in plain only', () => {
    expect(secretForms('Ab1!').map(({ form }) => form)).toEqual(['plain']);
    expect(find(['xyz'], Buffer.from('..xyz..xyz'), 3).map((match) => match.offset)).toEqual([2, 7]);
  });

  it('finds nothing in what only begins like a secret', () => {
    expect(find(['correct-horse-1'], Buffer.from('correct-horse-'))).toEqual([]);
    expect(find(['correct-horse-1'], randomBytes(1 << 20))).toEqual([]);
  });

  it('lists every form once', () => {
    const forms = secretForms('plainpassword1').map(({ bytes }) => bytes.toString('latin1'));
    expect(new Set(forms).size).toBe(forms.length);
    expect(forms).toHaveLength(5);
  });
});
