import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { rotatedText } from './contract/store-under-test.fixture.ts';
import { rightfulVersion } from './ssm-versions.ts';
import { writtenOverUnread } from './written-over.ts';

const text = (payload: object): Secret<string> => new Secret(JSON.stringify({ username: 'u', ...payload }));
const rotated = (from: Secret<string>, attemptId: string, counter: number): Secret<string> => rotatedText(from, attemptId, `of ${attemptId}`, counter);
const edited = (from: Secret<string>, note: string): Secret<string> => new Secret(JSON.stringify({ ...JSON.parse(from.reveal()), note }));

const EARLIER = rotated(text({ password: 'first' }), 'earlier', 4);
const BASE = rotated(text({ password: 'first' }), 'base', 5);
const OURS = rotated(BASE, 'ours', 6);
const RIVAL = rotated(BASE, 'rival', 6);
const THIRD = rotated(BASE, 'third', 6);
const NEXT = rotated(OURS, 'next', 7);
const BY_HAND = text({ password: 'typed' });

/** What each version of a race holds, from the base on, and what ought to be current in the end. */
const RACES: readonly (readonly [string, readonly Secret<string>[], Secret<string>])[] = [
  ['ours alone', [OURS], OURS],
  ['ours, written twice', [OURS, OURS], OURS],
  ['a rival before ours', [RIVAL, OURS], RIVAL],
  ['a rival over ours', [OURS, RIVAL], OURS],
  ['a rival before ours, and another over it', [RIVAL, OURS, THIRD], RIVAL],
  ['what a loser put back', [RIVAL, OURS, RIVAL], RIVAL],
  ['a later rotation before ours came again', [OURS, NEXT, OURS], NEXT],
  ['an edit of ours before ours came again', [OURS, edited(OURS, 'x'), OURS], edited(OURS, 'x')],
  ['an edit of the base before ours', [edited(BASE, 'x'), OURS], edited(BASE, 'x')],
  ['a text without a rotation before ours', [BY_HAND, OURS], BY_HAND],
  ['somebody who went on from ours, though it was a loser’s', [RIVAL, OURS, edited(OURS, 'x')], edited(OURS, 'x')],
  ['an edit of the winner’s under the loser’s', [RIVAL, edited(RIVAL, 'x'), OURS], edited(RIVAL, 'x')],
  ['an edit of the winner’s over the loser’s', [RIVAL, OURS, edited(RIVAL, 'x')], edited(RIVAL, 'x')],
  ['what was put back too late', [RIVAL, THIRD, edited(RIVAL, 'x'), RIVAL], edited(RIVAL, 'x')],
  ['what was put back too late, before ours', [RIVAL, THIRD, edited(RIVAL, 'x'), RIVAL, OURS], edited(RIVAL, 'x')],
  ['a person who went back to a version from before the base', [EARLIER, OURS], EARLIER],
];

describe('what ought to be current', () => {
  it.each(RACES)('after %s', (_what, written, rightful) => {
    const versions = [BASE, ...written].map((each, index) => ({ version: index + 5, text: each }));
    const found = rightfulVersion({ versions, base: 5, isOurs: (stored) => stored.reveal() === OURS.reveal() });
    expect(found.text.reveal()).toBe(rightful.reveal());
  });

  it('is not ours, where the base is gone: the parameter was made anew under it', () => {
    const versions = [BY_HAND, OURS].map((each, index) => ({ version: index + 1, text: each }));
    expect(rightfulVersion({ versions, base: null, isOurs: (stored) => stored.reveal() === OURS.reveal() }).text.reveal()).toBe(BY_HAND.reveal());
  });

  it('is the latest edit of ours, where ours is known by its attempt alone', () => {
    const versions = [BASE, OURS, edited(OURS, 'x')].map((each, index) => ({ version: index + 5, text: each }));
    const found = rightfulVersion({ versions, base: 5, isOurs: (stored) => stored.reveal().includes('"ours"') });
    expect(found.version).toBe(7);
  });
});

describe('what was written over unread', () => {
  it.each<readonly [string, readonly Secret<string>[], Secret<string> | null]>([
    ['nothing by a rotation', [BASE, OURS], null],
    ['nothing by an edit', [OURS, edited(OURS, 'x')], null],
    ['nothing by a text that names no rotation', [OURS, BY_HAND], null],
    ['the winner by a rival', [RIVAL, OURS], RIVAL],
    ['nothing, once it was put back', [RIVAL, OURS, RIVAL], null],
    ['the later rotation by one that came again', [OURS, NEXT, OURS], NEXT],
    ['an edit by one that came again', [OURS, edited(OURS, 'x'), OURS], edited(OURS, 'x')],
    ['an edit by a rotation that was made without it', [BASE, edited(BASE, 'x'), OURS], edited(BASE, 'x')],
    ['a rotation by an edit of what was before it', [BASE, OURS, edited(BASE, 'x')], OURS],
    ['what a person saved from an older copy, by a rotation that came again', [BASE, OURS, edited(BASE, 'x'), OURS], edited(BASE, 'x')],
    ['nothing, once somebody went on from it', [BASE, OURS, edited(BASE, 'x'), edited(OURS, 'y')], null],
  ])('%s', (_what, written, lost) => {
    const found = writtenOverUnread(written.map((each) => ({ text: each })));
    expect(found?.text.reveal() ?? null).toBe(lost?.reveal() ?? null);
  });
});
