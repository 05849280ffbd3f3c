import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { mailboxEnvironment } from './environment.ts';
import { checkMailboxes, mailboxesOf } from './passwords.ts';

const schema = z.object(mailboxEnvironment).superRefine(checkMailboxes);
const BOX = { host: 'imap.north.example', user: 'codes@north.example', authserv_id: 'mx.north.example' };
const given = (mailboxes: object, passwords?: unknown): Record<string, string> => ({
  RCM_INBOUND_MAILBOXES: JSON.stringify(mailboxes),
  ...(passwords === undefined ? {} : { RCM_INBOUND_MAILBOX_PASSWORDS: typeof passwords === 'string' ? passwords : JSON.stringify(passwords) }),
});
const problemsOf = (environment: Record<string, string>): readonly string[] =>
  schema.safeParse(environment).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? [];

describe('passwords of mailboxes', () => {
  test('are put to the mailboxes that name no file', () => {
    const config = schema.parse(given({ codes: BOX, other: { ...BOX, token_file: '/t' } }, { codes: 'canary-4711' }));
    const [codes, other] = mailboxesOf(config);
    expect(other?.secret).toEqual({ kind: 'token', file: '/t' });
    expect(codes?.secret.kind).toBe('password');
    if (!codes || !('given' in codes.secret)) throw new Error('It was not given.');
    expect(codes.secret.given.reveal()).toBe('canary-4711');
    expect(JSON.stringify(mailboxesOf(config))).not.toContain('canary');
  });

  test.each<[string, Record<string, string>, string]>([
    ['a mailbox without any', given({ codes: BOX }), 'RCM_INBOUND_MAILBOXES codes: has neither'],
    ['one of no mailbox', given({ codes: BOX }, { codes: 'x', cods: 'y' }), 'RCM_INBOUND_MAILBOX_PASSWORDS cods: is no mailbox'],
    ['one beside a file', given({ codes: { ...BOX, password_file: '/p' } }, { codes: 'x' }), 'RCM_INBOUND_MAILBOX_PASSWORDS codes: has a file'],
    ['what is no JSON', given({ codes: BOX }, '{'), 'RCM_INBOUND_MAILBOX_PASSWORDS the file: must be an object'],
    ['a line in one', given({ codes: BOX }, { codes: 'a\r\nb' }), 'RCM_INBOUND_MAILBOX_PASSWORDS codes: must be 1 to 1024 printable characters'],
    ['an empty one', given({ codes: BOX }, { codes: '' }), 'RCM_INBOUND_MAILBOX_PASSWORDS codes: must be 1 to 1024 printable characters'],
  ])('are refused with %s', (_, environment, problem) => {
    expect(problemsOf(environment)).toContainEqual(expect.stringContaining(problem));
  });

  test('are refused without a word of what was given', () => {
    expect(problemsOf(given({ codes: BOX }, { codes: ['canary-4711'] })).join()).not.toContain('canary');
  });
});
