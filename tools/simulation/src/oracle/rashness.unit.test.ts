import { describe, expect, test } from 'vitest';
import type { Portal } from '../portal/portal.ts';
import type { Told } from '../portal/visit.ts';
import type { PortalEntry } from '../portal/record.ts';
import { Rashness } from './rashness.ts';

const MINUTE_MS = 60_000;
const PROPAGATION_DELAY_MS = 10 * MINUTE_MS;

type Given = Partial<PortalEntry> & Pick<PortalEntry, 'at' | 'process'>;
const login = (given: Given): PortalEntry => ({
  ...{ username: 'user', act: 'login', by: 'rotator', ended: 'accepted', password: null, counted: false, code: null, said: null, askedAt: given.at },
  ...given,
});
const byAgent = (given: Given): PortalEntry => login({ by: 'agent', ...given });
const change = (given: Given): PortalEntry => login({ act: 'change', ended: 'made', said: 'changed', ...given });

interface Surroundings {
  readonly told?: readonly Partial<Told>[];
  readonly failOvers?: readonly number[];
}

/** What is said of the last of these entries. */
function said(entries: readonly PortalEntry[], { told = [], failOvers = [] }: Surroundings = {}): string | null {
  const rashness = new Rashness({
    portal: { told } as unknown as Portal,
    propagationDelayMs: PROPAGATION_DELAY_MS,
    mayHaveForgotten: (from, to) => failOvers.some((at) => at >= from && at <= to),
  });
  return entries.map((entry) => rashness.judge(entry)).at(-1) ?? null;
}

const minutes = (count: number): number => count * MINUTE_MS;

describe('during a change', () => {
  const asked = [login({ at: minutes(10), process: 'one' }), change({ at: minutes(11), process: 'one' })];
  const unclear = [login({ at: minutes(10), process: 'one' }), change({ at: minutes(11), process: 'one', said: 'error' })];

  test.each<[string, readonly PortalEntry[], RegExp | null]>([
    ['an agent waits until a rotator has seen what holds', [...asked, byAgent({ at: minutes(12), process: 'agent' })], /agent logs in while/],
    [
      'a wrong password of a rotator shows nothing',
      [...asked, login({ at: minutes(12), process: 'one', ended: 'wrong' }), byAgent({ at: minutes(13), process: 'agent' })],
      /agent logs in while/,
    ],
    ['agents go on after an accepted one', [...asked, login({ at: minutes(12), process: 'one' }), byAgent({ at: minutes(13), process: 'agent' })], null],
    [
      'so they do where a wrong code has proved the password',
      [...asked, login({ at: minutes(12), process: 'one', ended: 'wrong code' }), byAgent({ at: minutes(13), process: 'agent' })],
      null,
    ],
    [
      'what an agent had sent before the change comes late, and is not rash',
      [...asked, byAgent({ at: minutes(12), askedAt: minutes(9), process: 'agent' })],
      null,
    ],
    ['what the portal says it has changed may be asked for at once', [...asked, login({ at: minutes(12), process: 'one' })], null],
    ['where it said nothing clear it gets its time', [...unclear, login({ at: minutes(20), process: 'two' })], /before it has had its time/],
    ['and is asked after it', [...unclear, login({ at: minutes(22), process: 'two' })], null],
    [
      'a change that comes after a later login had shown what holds, delays nobody',
      [
        login({ at: minutes(20), process: 'two' }),
        change({ at: minutes(30), askedAt: minutes(11), process: 'one' }),
        byAgent({ at: minutes(31), process: 'agent' }),
      ],
      null,
    ],
  ])('%s', (_, entries, words) => {
    if (words === null) expect(said(entries)).toBeNull();
    else expect(said(entries)).toMatch(words);
  });

  test('a database that failed over may have forgotten that there was one', () => {
    expect(said([...asked, byAgent({ at: minutes(30), process: 'agent' })], { failOvers: [minutes(11.5)] })).toBeNull();
    expect(said([...asked, byAgent({ at: minutes(30), process: 'agent' })], { failOvers: [minutes(20)] })).toMatch(/agent logs in while/);
  });

  test('nobody else logs in between a login and the change for which it was made', () => {
    const other = byAgent({ at: minutes(10.5), process: 'agent' });
    expect(said([login({ at: minutes(10), process: 'one' }), other, change({ at: minutes(11), process: 'one' })])).toMatch(
      /agent logs in between one's own login/,
    );
    expect(said([other, login({ at: minutes(10.6), process: 'one' }), change({ at: minutes(11), process: 'one' })])).toBeNull();
  });
});

test('a one-time code is typed once, by whichever process', () => {
  const first = login({ at: minutes(1), process: 'one', code: '123456' });
  expect(said([first, login({ at: minutes(2), process: 'two', code: '123456' })])).toMatch(/code that had been typed before/);
  expect(said([first, login({ at: minutes(2), process: 'two', code: '654321' })])).toBeNull();
});

describe('a locked account', () => {
  const lock = login({ act: 'locked', by: 'portal', at: minutes(1), process: 'realm' });
  const again = byAgent({ at: minutes(30), process: 'agent', ended: 'at locked' });
  const told = (more: Partial<Told> = {}): Partial<Told> => ({ at: minutes(5), username: 'user', outcome: 'locked', process: undefined, ...more });

  test.each<[string, readonly Partial<Told>[], boolean]>([
    ['is not asked again once its page has said so', [told()], true],
    ['is asked by whoever could not know', [], false],
    ['is asked where the one who was told had died of it', [told({ process: { hurts: [minutes(6)] } as unknown as Told['process'] })], false],
    ['is asked where its page says wrong and locked in one text', [told({ outcome: 'rejected_or_locked' })], false],
  ])('%s', (_, known, isRash) => {
    expect(said([lock, again], { told: known }) !== null).toBe(isRash);
  });

  test('is asked after support has unlocked it', () => {
    const support = login({ act: 'support', by: 'person', at: minutes(20), process: 'person' });
    expect(said([lock, support, again], { told: [told()] })).toBeNull();
  });
});
