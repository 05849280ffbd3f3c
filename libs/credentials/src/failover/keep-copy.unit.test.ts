import { RcmError, Secret } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { referenceOf } from '../reading/fake-stores.fixture.ts';
import type { SecretReader, SecretWriter, StoredSecret } from '../stores/store.ts';
import { keepCopy } from './keep-copy.ts';
import { copyText } from './replica-copy.ts';

const reference = referenceOf('org-a', 'e1');
const text = new Secret('{"username":"u","password":"p"}');
const tags = { TenantId: 'org-a', Environment: 'test', PortalType: 'alpine' };

const reader = (stored: StoredSecret | null): SecretReader => ({
  batchSize: 1,
  read: async () => stored,
  readMany: () => Promise.reject(new Error('not asked')),
});

/** A second region that loses the race so many times. */
function contested(conflicts: number, copy: StoredSecret | null) {
  const writes: string[] = [];
  const write = async (what: string) => {
    writes.push(what);
    if (writes.length <= conflicts) throw new RcmError(what === 'create' ? 'secret_exists' : 'store_conflict', 'somebody was faster');
    return { reference, version: '2' };
  };
  const to: SecretReader & SecretWriter = { ...reader(copy), create: () => write('create'), replace: () => write('replace') };
  return { to, writes };
}
const codeOf = (act: Promise<unknown>) => act.then(String, (error: RcmError) => error.code);
const keep = (to: SecretReader & SecretWriter, more: Partial<Parameters<typeof keepCopy>[0]> = {}) =>
  keepCopy({ from: reader({ text, version: '7' }), to, reference, twin: reference, tags, call: {}, ...more });
const old: StoredSecret = { text: copyText({ version: '6', text }), version: '1' };

test.each([
  [3, 'written', 4],
  [4, 'store_conflict', 4],
])('%i lost races end in %s', async (conflicts, end, tries) => {
  const { to, writes } = contested(conflicts, old);
  expect(await codeOf(keep(to))).toBe(end);
  expect(writes).toHaveLength(tries);
});

test('a copy of a secret that was deleted and made again at the same version is not taken for its copy', async () => {
  const before = new Secret('{"username":"u","password":"before"}');
  const { to, writes } = contested(0, { text: copyText({ version: '7', text: before }), version: '1' });
  expect(await keep(to)).toBe('written');
  expect(writes).toHaveLength(1);
});

test('a copy that somebody makes at the same moment is looked at again', async () => {
  const { to, writes } = contested(1, null);
  expect(await keep(to)).toBe('written');
  expect(writes).toEqual(['create', 'create']);
});

test('nothing is written where the audit trail refuses it, where the copy is current, or where the secret is gone', async () => {
  const { to, writes } = contested(0, old);
  const beforeWrite = () => Promise.reject(new RcmError('audit_unavailable', 'no'));
  expect(await codeOf(keep(to, { beforeWrite }))).toBe('audit_unavailable');
  expect(await keep({ ...to, read: async () => ({ text: copyText({ version: '7', text }), version: '9' }) }, { beforeWrite })).toBe('current');
  expect(await keep(to, { from: reader(null) })).toBe('gone');
  expect(writes).toEqual([]);
});

test('a copy that does not exist is not made without its tags', async () => {
  expect(await codeOf(keep(contested(0, null).to, { tags: null }))).toBe('secret_missing');
});
