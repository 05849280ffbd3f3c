import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { readMailboxes } from './mailbox.ts';

const schema = z.string().transform((text, context) => readMailboxes(text, context));
const GOOD = { host: 'imap.north.example', user: 'codes@north.example', password_file: '/run/secrets/mailbox', authserv_id: 'mx.north.example' };
const problemsOf = (value: unknown): readonly string[] =>
  schema.safeParse(typeof value === 'string' ? value : JSON.stringify(value)).error?.issues.map(({ message }) => message) ?? [];

describe('mailboxes', () => {
  test('are read with what a deployment leaves out', () => {
    expect(schema.parse(JSON.stringify({ north: GOOD, south: { ...GOOD, tls: 'starttls', password_file: undefined, token_file: '/t' } }))).toMatchObject([
      { name: 'north', port: 993, tls: 'implicit', folder: 'INBOX', afterwards: 'mark', secret: { kind: 'password', file: '/run/secrets/mailbox' } },
      { name: 'south', port: 143, tls: 'starttls', secret: { kind: 'token', file: '/t' } },
    ]);
  });

  test.each([
    ['no JSON', '{', 'the file: must be an object of mailboxes by their names'],
    ['a name that is none', { 'North Box': GOOD }, 'North Box: is no name'],
    ['no TLS', { north: { ...GOOD, tls: 'none' } }, 'north → tls: must be implicit or starttls: a mailbox is not read without TLS'],
    ['no word on who says what is authentic', { north: { ...GOOD, authserv_id: undefined } }, 'north → authserv_id: must be text'],
    ['password and token', { north: { ...GOOD, token_file: '/t' } }, 'north → password_file: or token_file is set, not both'],
    ['a certificate that is none', { north: { ...GOOD, ca: 'x' } }, 'north → ca: must be a certificate (PEM)'],
    ['a line in its user', { north: { ...GOOD, user: 'a\r\nb' } }, 'north → user: must be 1 to 254 printable characters'],
    ['a port that is none', { north: { ...GOOD, port: 0 } }, 'north → port: must be a port'],
  ])('are refused with %s', (_, value, problem) => expect(problemsOf(value)).toContain(problem));

  test('are refused without a word of what was given', () => {
    expect(problemsOf({ north: { ...GOOD, password: 'canary-4711', host: 'canary 4711' } }).join()).not.toContain('canary');
  });
});
