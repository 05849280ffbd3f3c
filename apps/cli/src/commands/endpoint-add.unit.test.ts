import { expect, test } from 'vitest';
import { endpointAdd, type EndpointAddOptions } from './endpoint-add.ts';

const add = (options: EndpointAddOptions) => endpointAdd({}, options, { actor: 'person:os:jane', reason: 'onboarding' }, new AbortController().signal);
const OF_A_FILE = 'With --from bitwarden, give the export by --file, what is to be made of it by --mapping';
const OF_A_STORE = 'With --from secrets-manager, give how the secrets’ names begin by --prefix, what is to be made of it by --mapping';
const WHOSE = 'Say whose logins they are, with --from';

test.each<[string, EndpointAddOptions]>([
  [WHOSE, { file: 'f' }],
  [WHOSE, { mapping: 'm' }],
  [WHOSE, { prefix: 'p', csv: 'c' }],
  [OF_A_FILE, { from: 'bitwarden', mapping: 'm' }],
  [OF_A_FILE, { from: 'bitwarden', file: 'f' }],
  [OF_A_FILE, { from: 'bitwarden', prefix: 'p', mapping: 'm' }],
  [OF_A_FILE, { from: 'bitwarden', file: 'f', mapping: 'm', prefix: 'p' }],
  [OF_A_FILE, { from: 'bitwarden', file: 'f', mapping: 'm', csv: 'c' }],
  [OF_A_STORE, { from: 'secrets-manager', mapping: 'm' }],
  [OF_A_STORE, { from: 'secrets-manager', prefix: 'p' }],
  [OF_A_STORE, { from: 'secrets-manager', file: 'f', mapping: 'm' }],
  [OF_A_STORE, { from: 'secrets-manager', prefix: 'p', mapping: 'm', file: 'f' }],
  [OF_A_STORE, { from: 'secrets-manager', prefix: 'p', mapping: 'm', csv: 'c' }],
  ['Say --org, --portal, --account, or --csv FILE, or --from', {}],
  ['Say --portal, or --csv FILE, or --from', { org: 'o', account: 'a' }],
])('%s: it is refused before anything is asked for %j', async (words, options) => {
  await expect(add(options)).rejects.toMatchObject({ code: 'input_invalid', message: expect.stringContaining(words) });
});

test.each<EndpointAddOptions>([
  { from: 'bitwarden', file: '/nowhere/export', mapping: '/nowhere/mapping' },
  { from: 'secrets-manager', prefix: 'p', mapping: '/nowhere/mapping' },
])('what is said as a whole is read: %j', async (options) => {
  await expect(add(options)).rejects.toMatchObject({ code: 'input_invalid', message: expect.stringContaining(': the file cannot be read') });
});
