import { randomUUID } from 'node:crypto';
import { parsePayload, type StoredSecret } from '@rcm/credentials';
import { type RcmError, Secret } from '@rcm/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CandidateName, candidateNamed, candidateOf, foundOf, ledgerVersion, wordsOfFound } from './candidate.ts';

const OWN = randomUUID();
/** As the stores name them: a number, a UUID of Secrets Manager, and whatever a store may yet think of. */
const versions = fc.oneof(fc.nat().map(String), fc.uuid(), fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.:'), minLength: 1, maxLength: 40 }));
const lengths = fc.option(fc.integer({ min: 1, max: 999 }), { nil: undefined });
const names: fc.Arbitrary<CandidateName> = fc
  .tuple(
    fc.oneof(
      fc.constant(OWN).map(copy),
      fc.uuid().map(copy),
      versions.map((of) => ({ kind: 'version', of }) as const),
      fc.string({ unit: fc.constantFrom(...'az09-'), minLength: 1, maxLength: 63 }).map((of) => ({ kind: 'elsewhere', of }) as const),
    ),
    lengths,
  )
  .map(([name, first]) => (first === undefined ? name : { ...name, first }));

function copy(of: string) {
  return { kind: 'copy', of } as const;
}

const stored = (version: string, payload: object): StoredSecret => ({ version, text: new Secret(JSON.stringify(payload)) });

describe('the name of a stored password', () => {
  it('is read back from the journal as it was written, whatever it names', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(candidateNamed(foundOf(name, OWN), OWN)).toEqual(name);
      }),
    );
  });

  it('is another one for another password, in the journal and in the ledger', () => {
    const current = stored('current-version', { username: 'u', password: 'p' });
    fc.assert(
      fc.property(names, names, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(foundOf(one, OWN)).not.toBe(foundOf(other, OWN));
        expect(ledgerVersion(one, current)).not.toBe(ledgerVersion(other, current));
      }),
    );
  });

  it('is `staged` in the journal of the attempt whose copy it is, and names the attempt in any other', () => {
    const other = randomUUID();
    expect(foundOf(copy(OWN), OWN)).toBe('staged');
    expect(foundOf({ ...copy(OWN), first: 14 }, OWN)).toBe('staged/14');
    expect(foundOf(copy(OWN), other)).toBe(`copy:${OWN}`);
    expect(candidateNamed(`copy:${OWN}`, other)).toEqual(copy(OWN));
    expect(candidateNamed('staged', other)).toEqual(copy(other));
  });

  it('is refused where this rotator does not know it, and never taken for another', () => {
    for (const found of [
      '',
      'current',
      'staged:',
      'staged/',
      'staged/1234',
      'staged/x',
      'copy:',
      'copy:not-an-id',
      'version:',
      'elsewhere:',
      'elsewhere:A/b',
      'other:1',
      ' staged',
    ])
      expect(() => candidateNamed(found, OWN), found).toThrow(expect.objectContaining({ code: 'state_conflict' } satisfies Partial<RcmError>));
  });

  it('is said to people in words, whatever it names', () => {
    const said = (name: CandidateName): string => wordsOfFound(foundOf(name, OWN));
    const other = randomUUID();
    expect(said(copy(OWN))).toBe('the new password that was staged');
    expect(said({ ...copy(OWN), first: 14 })).toBe('the first 14 characters of the new password that was staged');
    expect(said(copy(other))).toBe(`the copy that rotation ${other} left`);
    expect(said({ kind: 'version', of: '7' })).toBe('version 7 of the secret');
    expect(said({ kind: 'elsewhere', of: 'east-2' })).toBe('what the secret of east-2 holds');
    expect(wordsOfFound('of-a-newer-version:1')).toBe('of-a-newer-version:1');
  });

  it('is in the ledger the store’s version, the attempt whose copy it is, or the endpoint in whose secret it is current', () => {
    const current = stored('7', { username: 'u', password: 'p' });
    expect(ledgerVersion({ kind: 'current', of: '' }, current)).toBe('7');
    expect(ledgerVersion({ kind: 'version', of: '6' }, current)).toBe('6');
    expect(ledgerVersion(copy(OWN), current)).toBe(`staged:${OWN}`);
    expect(ledgerVersion({ ...copy(OWN), first: 14 }, current)).toBe(`staged:${OWN}/14`);
    expect(ledgerVersion({ kind: 'elsewhere', of: 'east-2' }, current)).toBe('elsewhere:east-2');
  });
});

describe('what is typed for a candidate', () => {
  const current = stored('7', { username: 'user', password: 'Current-1', note: 'theirs now', mfa_seed: 'NEWSEED' });
  const typed = (name: CandidateName, of: StoredSecret, now: StoredSecret | null) => candidateOf(name, of, now).payload.reveal();

  it('is the current payload with only the password of the copy', () => {
    const older = stored('3', { username: 'user', password: 'Older-1', note: 'theirs then', mfa_seed: 'OLDSEED' });
    expect(typed({ kind: 'version', of: '3' }, older, current)).toEqual({ username: 'user', password: 'Older-1', note: 'theirs now', mfa_seed: 'NEWSEED' });
  });

  it('is the copy whole where current names another user, or there is none', () => {
    const other = stored('3', { username: 'somebody-else', password: 'Older-1', note: 'theirs then' });
    for (const now of [current, null]) expect(typed(copy(OWN), other, now)).toEqual({ username: 'somebody-else', password: 'Older-1', note: 'theirs then' });
  });

  it('is the first characters where a portal cuts, counted as a person counts them', () => {
    const smiling = stored('3', { username: 'user', password: '😀bcdefgh' });
    expect(typed({ ...copy(OWN), first: 4 }, smiling, current)).toMatchObject({ password: '😀bcd' });
    expect(candidateOf({ ...copy(OWN), first: 4 }, smiling, current).password.reveal()).toBe('😀bcd');
  });

  it('never changes what is stored', () => {
    const older = stored('3', { username: 'user', password: 'Older-1' });
    candidateOf({ kind: 'version', of: '3', first: 4 }, older, current);
    expect(parsePayload(current.text).reveal()).toMatchObject({ password: 'Current-1' });
    expect(parsePayload(older.text).reveal()).toMatchObject({ password: 'Older-1' });
  });

  it('cannot be told from what is no payload', () => {
    expect(() => candidateOf(copy(OWN), { version: '3', text: new Secret('{"password":') }, current)).toThrow(
      expect.objectContaining({ code: 'payload_invalid' }),
    );
  });
});
