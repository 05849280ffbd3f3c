import { randomUUID } from 'node:crypto';
import { type CredentialPayload, parsePayload, serializePayload } from '@rcm/credentials';
import { Secret } from '@rcm/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeEdit } from './merge-edit.ts';

const NEWEST_ROTATION = randomUUID();
/** What people and recipes keep beside the password; one of them nobody has a name for. */
const FIELDS = ['mfa_seed', 'note', 'custom_fields', 'something_of_theirs'] as const;
const values = {
  mfa_seed: fc.constantFrom('JBSWY3DPEHPK3PXP', 'KRSXG5CTMVRXEZLU'),
  note: fc.constantFrom('one', 'two', 'three'),
  custom_fields: fc.constantFrom({ site: 'a' }, { site: 'b' }, { site: 'a', pin: '1' }),
  something_of_theirs: fc.constantFrom(1, 2, null, ['x']),
};
const fields = fc.record(values, { requiredKeys: [] });
const password = fc.constantFrom('First-1', 'Second-2', 'Third-3');
const payload = (rotation: string, counter: number) =>
  fc.tuple(password, fields).map(([typed, rest]): CredentialPayload => ({
    username: 'user',
    password: typed,
    ...rest,
    metadata: { rotation_attempt_id: rotation, rotation_counter: counter, last_rotated: '2026-01-02T03:04:05.000Z' },
  }));
const opened = payload(randomUUID(), 1);
const newest = payload(NEWEST_ROTATION, 2);
/** A person opens `was`, changes some of it, removes some of it, and saves. */
const edited = (was: CredentialPayload) =>
  fc.record({ password: fc.option(password), set: fields, removed: fc.subarray([...FIELDS]) }).map(({ password: typed, set, removed }) => ({
    ...Object.fromEntries(Object.entries({ ...was, ...set }).filter(([field]) => !removed.includes(field as (typeof FIELDS)[number]))),
    username: 'user',
    password: typed ?? was.password,
  }));
const cases = fc.tuple(opened, newest).chain(([was, now]) => edited(was).map((saved: CredentialPayload) => ({ was, now, saved })));

const merge = (base: CredentialPayload | null, theirs: CredentialPayload, now: CredentialPayload, wasAccepted = true): CredentialPayload =>
  mergeEdit({ base: base && new Secret(base), theirs: new Secret(theirs), newest: new Secret(now), wasAccepted }).reveal();
const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

describe('an edit that was made on an old copy', () => {
  it('stands in every field that the person changed or removed; every other is the newest’s', () => {
    fc.assert(
      fc.property(cases, ({ was, now, saved }) => {
        const merged = merge(was, saved, now);
        for (const field of FIELDS) expect(merged[field], field).toEqual(same(saved[field], was[field]) ? now[field] : saved[field]);
      }),
    );
  });

  it('has the newest password, unless the person changed that too', () => {
    fc.assert(
      fc.property(cases, ({ was, now, saved }) => {
        for (const wasAccepted of [true, false])
          expect(merge(was, saved, now, wasAccepted).password).toBe(saved.password === was.password ? now.password : saved.password);
      }),
    );
  });

  it('belongs to the newest rotation, so that nobody takes it for outrun again', () => {
    fc.assert(
      fc.property(cases, ({ was, now, saved }) => {
        const { metadata } = merge(was, saved, now);
        expect(metadata).toMatchObject({ rotation_attempt_id: NEWEST_ROTATION, rotation_counter: 2, last_rotated: '2026-01-02T03:04:05.000Z' });
      }),
    );
  });

  it('can be stored, and is read back as it is', () => {
    fc.assert(
      fc.property(cases, ({ was, now, saved }) => {
        const merged = merge(was, saved, now);
        expect(parsePayload(serializePayload(new Secret(merged))).reveal()).toEqual(merged);
      }),
    );
  });

  it('stands wherever it says something where nobody knows any more what was opened, the password where it is one of their own', () => {
    fc.assert(
      fc.property(cases, ({ now, saved }) => {
        expect(merge(null, saved, now, false).password).toBe(saved.password);
        const merged = merge(null, saved, now);
        for (const field of FIELDS) expect(merged[field], field).toEqual(saved[field] === undefined ? now[field] : saved[field]);
        expect(merged.password).toBe(now.password);
      }),
    );
  });

  it('keeps metadata that people have put there', () => {
    const now: CredentialPayload = { username: 'user', password: 'New-1', metadata: { rotation_attempt_id: NEWEST_ROTATION, rotation_counter: 2 } };
    const was: CredentialPayload = { username: 'user', password: 'Old-1', metadata: { rotation_attempt_id: randomUUID(), rotation_counter: 1 } };
    const saved = { ...was, metadata: { ...was.metadata, owner: 'team-a' } } as CredentialPayload;
    expect(merge(was, saved, now).metadata).toMatchObject({ owner: 'team-a', rotation_attempt_id: NEWEST_ROTATION, rotation_counter: 2 });
  });
});
