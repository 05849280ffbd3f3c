import { expect, test } from 'vitest';
import { calendarAsked } from './calendar.ts';

const NOW = new Date('2026-12-31T23:59:00Z');

test.each([
  [{}, '2026-12', null],
  [{ month: '2027-02' }, '2027-02', null],
  [{ day: '2027-02-28' }, '2027-02', '2027-02-28'],
  [{ month: '2026-01', day: '2027-02-28' }, '2027-02', '2027-02-28'],
  [{ day: '2027-02-30' }, '2026-12', null],
  [{ month: '2027-13' }, '2026-12', null],
  [{ month: '0001-01' }, '2026-12', null],
  [{ month: ['2027-01', '2027-02'], day: 5 }, '2026-12', null],
  [{ month: "2027-01'; --" }, '2026-12', null],
])('%j asks for %s, and of it for %s', (query, month, day) => expect(calendarAsked(query, NOW)).toEqual({ month, day }));
