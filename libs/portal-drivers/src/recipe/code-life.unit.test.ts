import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeLifeSchema, endOfCode } from './code-life.ts';

const HOUR_MS = 3_600_000;

describe('the end of a code', () => {
  it.each([
    ['so many hours after it was sent', { hours: 12 }, '2026-11-29T18:00:00Z', '2026-11-30T06:00:00.000Z'],
    ['midnight where the portal is', { day: 'America/New_York' }, '2026-11-29T18:00:00Z', '2026-11-30T05:00:00.000Z'],
    ['the same a second before it', { day: 'America/New_York' }, '2026-11-30T04:59:59Z', '2026-11-30T05:00:00.000Z'],
    ['the next one at midnight', { day: 'America/New_York' }, '2026-11-30T05:00:00Z', '2026-12-01T05:00:00.000Z'],
    ['after 25 hours, where clocks are put back', { day: 'America/New_York' }, '2026-11-01T04:00:00Z', '2026-11-02T05:00:00.000Z'],
    ['after 23 hours, where they are put forward', { day: 'America/New_York' }, '2026-03-08T05:00:00Z', '2026-03-09T04:00:00.000Z'],
    ['on a quarter of an hour', { day: 'Asia/Kathmandu' }, '2026-11-29T12:00:00Z', '2026-11-29T18:15:00.000Z'],
    ['the first midnight, where clocks are put back over it', { day: 'America/Havana' }, '2026-10-31T12:00:00Z', '2026-11-01T04:00:00.000Z'],
  ])('is %s', (_, life, sentAt, end) => {
    expect(endOfCode(codeLifeSchema.parse(life), new Date(sentAt)).toISOString()).toBe(end);
  });

  it('is later than its sending, by 25 hours at the most, in every zone and at every time', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }), (day, sentAt) => {
        const left = endOfCode({ day }, sentAt).getTime() - sentAt.getTime();
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual(25 * HOUR_MS);
      }),
    );
  });
});

it.each([
  [{ hours: 0 }, 'hours', null],
  [{ hours: 25 }, 'hours', null],
  [{ day: 'America/NewYork' }, 'day', 'America/New_York'],
  [{ day: 'midnight' }, 'day', null],
])('%j is refused, with what was meant', (life, place, meant) => {
  const [issue] = codeLifeSchema.safeParse(life).error?.issues ?? [];
  expect(issue?.path).toEqual([place]);
  expect(issue?.code === 'custom' ? (issue.params?.suggestion ?? null) : null).toBe(meant);
});
