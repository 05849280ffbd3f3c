import { expect, test } from 'vitest';
import { failureOf } from './mailbox-failure.ts';

test.each<[string, unknown, string]>([
  ['the database is away', { code: 'database_unavailable' }, 'database'],
  ['the user is not let in', { authenticationFailed: true }, 'refused'],
  ['the user is not let in, which the server says as it says a folder is missing', { authenticationFailed: true, mailboxMissing: true }, 'refused'],
  ['the folder is missing', { mailboxMissing: true }, 'no_folder'],
  ['there is no such folder', { serverResponseCode: 'NONEXISTENT' }, 'no_folder'],
  ['the folder may be made', { serverResponseCode: 'TRYCREATE' }, 'no_folder'],
  ['the file of the password is gone', { code: 'ENOENT', syscall: 'open' }, 'no_secret'],
  ['the file of the password is a folder', { code: 'EISDIR', syscall: 'read' }, 'no_secret'],
  ['the file of the password is not UTF-8', { code: 'config_invalid' }, 'damaged_secret'],
  ['the certificate is its own', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT', message: 'self-signed certificate' }, 'not_private'],
  ['the certificate is of an issuer that nobody knows', { code: 'UNABLE_TO_GET_ISSUER' }, 'not_private'],
  ['the certificate is of another host', { message: "Hostname/IP does not match certificate's altnames" }, 'not_private'],
  ['the server has no TLS', { code: 'ECONNRESET', message: 'Server does not support STARTTLS' }, 'not_private'],
  ['nobody listens', { code: 'ECONNREFUSED', syscall: 'connect', message: 'connect ECONNREFUSED' }, 'unreachable'],
  ['what happened has a number', { code: 7 }, 'unreachable'],
  ['what was thrown says nothing', null, 'unreachable'],
  ['what was thrown is a text', 'SSL', 'unreachable'],
])('where %s, there is one word for it', (_, error, failure) => expect(failureOf(error)).toBe(failure));
