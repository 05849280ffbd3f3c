import { describe, expect, test } from 'vitest';
import { parseAuthenticationResults } from './authentication-results.ts';
import { isAuthentic } from './sender.ts';

const authentic = (...values: readonly string[]): boolean =>
  isAuthentic({
    fields: values.map((value) => ({ key: 'authentication-results', value })),
    authservId: 'mx.codes.example',
    domain: 'alpine.example',
  });

describe('a sender is whom the mail names', () => {
  test.each([
    ['by DMARC', 'mx.codes.example; dmarc=pass header.from=alpine.example'],
    ['in any case of letters', 'MX.codes.example; DMARC=Pass header.From=Alpine.Example'],
    [
      'with a version, comments and other results',
      'mx.codes.example 1 (ours); spf=fail smtp.mailfrom=x.example;\r\n\tdmarc=pass (p=reject) header.from=alpine.example',
    ],
    ['with blanks around the signs', 'mx.codes.example; dmarc = pass header.from = alpine.example'],
    ['in quotes', 'mx.codes.example; dmarc=pass header.from="alpine.example"'],
    [
      'by DKIM with a key of the domain, where nothing is said of DMARC',
      'mx.codes.example; dkim=fail header.d=list.example; dkim=pass header.d=alpine.example header.b=a1b2=',
    ],
  ])('%s', (_, value) => expect(authentic(value)).toBe(true));

  test.each([
    ['no field', ''],
    ['nothing found', 'mx.codes.example; none'],
    ['a failure', 'mx.codes.example; dmarc=fail header.from=alpine.example; dkim=pass header.d=alpine.example'],
    ['of another domain', 'mx.codes.example; dmarc=pass header.from=elsewhere.example'],
    ['of a domain below it', 'mx.codes.example; dmarc=pass header.from=x.alpine.example'],
    ['of no domain', 'mx.codes.example; dmarc=pass'],
    ['of two domains', 'mx.codes.example; dmarc=pass header.from=alpine.example header.from=elsewhere.example'],
    ['two results, one of them a failure', 'mx.codes.example; dmarc=pass header.from=alpine.example; dmarc=fail header.from=alpine.example'],
    ['SPF alone', 'mx.codes.example; spf=pass smtp.mailfrom=alpine.example'],
    ['DKIM by another domain', 'mx.codes.example; dkim=pass header.d=list.example'],
    ['of another server', 'mx.elsewhere.example; dmarc=pass header.from=alpine.example'],
    ['another version', 'mx.codes.example 2; dmarc=pass header.from=alpine.example'],
    ['words in a comment', 'mx.codes.example; spf=fail (x; dmarc=pass header.from=alpine.example)'],
    ['words in a comment in a comment', 'mx.codes.example; spf=fail (a (b) ; dmarc=pass header.from=alpine.example)'],
    ['words in quotes', 'mx.codes.example; spf=fail smtp.mailfrom="x; dmarc=pass header.from=alpine.example "'],
    ['words behind a quote that a sign escapes', 'mx.codes.example; spf=fail smtp.mailfrom="x\\"; dmarc=pass header.from=alpine.example "'],
    ['a quoted word that looks like a result', 'mx.codes.example; "dmarc=pass" header.from=alpine.example'],
    ['a quote without an end', 'mx.codes.example; dmarc=pass header.from=alpine.example; spf=fail smtp.mailfrom="x'],
  ])('not with %s', (_, value) => expect(authentic(value)).toBe(false));

  test('by the topmost field in the server’s name alone', () => {
    const [pass, fail] = ['pass', 'fail'].map((result) => `mx.codes.example; dmarc=${result} header.from=alpine.example`) as [string, string];
    expect(authentic(fail, pass)).toBe(false);
    expect(authentic('mx.codes.example; none', pass)).toBe(false);
    expect(authentic('mx.elsewhere.example; dmarc=fail header.from=alpine.example', pass, fail)).toBe(true);
  });
});

test('a field is read in one pass: a hundred times as long, of whatever, is refused or read', () => {
  for (const piece of ['(', '"', ' ', ';', '=', '\\', 'a=b ', '(a)'])
    expect(parseAuthenticationResults(`mx.codes.example;${piece.repeat(3_000)}`)?.authservId ?? 'none').toMatch(/^(mx\.codes\.example|none)$/);
  expect(parseAuthenticationResults(`mx.codes.example;${' '.repeat(1_000_000)}`)).toBeNull();
});
