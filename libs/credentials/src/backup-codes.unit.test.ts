import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { backupCodes } from './backup-codes.ts';
import type { IdentityKeys } from './login-identity.ts';

const key = (id: string) => ({ id, key: new Secret(id.repeat(40)) });
const KEYS: IdentityKeys = { current: key('1'), fingerprint: { current: key('2'), previous: key('3') } };
const codesOf = (backup_codes: readonly string[] | null | undefined, keys = KEYS) =>
  backupCodes(keys, new Secret({ username: 'u', password: 'p', ...(backup_codes === undefined ? {} : { backup_codes: backup_codes && [...backup_codes] }) }));
const shown = (list: readonly string[]) => codesOf(list).map(({ code }) => code.reveal());
const printsOf = (list: readonly string[], keys = KEYS) => codesOf(list, keys).map(({ fingerprints }) => fingerprints);

describe('backup codes', () => {
  it('come in the order of the secret, without the blanks around them', () => {
    expect(shown([' 9999-0001 ', '1111-0002'])).toEqual(['9999-0001', '1111-0002']);
  });

  it.each([[undefined], [null], [[]]])('are none where the secret has %j', (list) => {
    expect(codesOf(list)).toEqual([]);
  });

  it('count once where a person has written one twice, with dashes, blanks or in another case', () => {
    expect(shown(['abcd-1234', 'ABCD 1234', 'abcd1234 ', 'abcd-1235'])).toEqual(['abcd-1234', 'abcd-1235']);
    expect(printsOf(['abcd-1234'])).toEqual(printsOf(['ABCD1234']));
  });

  it('are known by the fingerprint keys, the current one first, and by the identity keys where there are no others', () => {
    expect(printsOf(['code-1'])[0]).toEqual([expect.stringMatching(/^2:[0-9a-f]{64}$/), expect.stringMatching(/^3:[0-9a-f]{64}$/)]);
    expect(printsOf(['code-1'], { current: key('1') })[0]).toEqual([expect.stringMatching(/^1:[0-9a-f]{64}$/)]);
  });

  it('are known by the same under either order of two keys', () => {
    const exchanged = { current: key('1'), fingerprint: { current: key('3'), previous: key('2') } };
    expect(printsOf(['code-1'], exchanged)[0]).toEqual(printsOf(['code-1'])[0]?.toReversed());
  });

  it('print nothing of themselves', () => {
    expect(JSON.stringify(codesOf(['code-1']))).not.toContain('code-1');
  });
});
