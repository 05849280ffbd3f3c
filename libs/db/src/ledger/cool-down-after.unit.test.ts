import { expect, test } from 'vitest';
import { coolDownAfter, type Refusal } from './cool-down-after.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const FIRST: Refusal = { effect: 'suspect', refusals: 0, bad: 0, seriesMs: 0, propagationDelayMs: 5 * MINUTE, timeForgives: true };

test.each<[string, Partial<Refusal>, number]>([
  ['a bad password: an hour', { effect: 'bad' }, HOUR],
  ['the second time: a day', { effect: 'bad', refusals: 1, bad: 1 }, DAY],
  ['the third time: a week', { effect: 'bad', refusals: 2, bad: 2 }, 7 * DAY],
  ['and from then on', { effect: 'bad', refusals: 20, bad: 20, seriesMs: 300 * DAY }, 7 * DAY],
  ['as often as it was called bad, however often it was suspect before', { effect: 'bad', refusals: 9, bad: 0, seriesMs: 9 * HOUR }, HOUR],
  ['a suspect password: as long as the change may need to hold everywhere at the portal', {}, 5 * MINUTE],
  ['at least a second', { propagationDelayMs: 0 }, 1_000],
  ['at most an hour', { propagationDelayMs: 9 * HOUR }, HOUR],
  ['an hour where no time makes the portal forget', { timeForgives: false }, HOUR],
  ['an hour from the second time on', { refusals: 1, seriesMs: 5 * MINUTE }, HOUR],
  ['for two days', { refusals: 40, seriesMs: 2 * DAY - 1 }, HOUR],
  ['then a day', { refusals: 48, seriesMs: 2 * DAY }, DAY],
  ['for two weeks', { refusals: 60, seriesMs: 14 * DAY - 1 }, DAY],
  ['then a week', { refusals: 61, seriesMs: 14 * DAY }, 7 * DAY],
])('%s', (_, given, expected) => {
  expect(coolDownAfter({ ...FIRST, ...given })).toBe(expected);
});
