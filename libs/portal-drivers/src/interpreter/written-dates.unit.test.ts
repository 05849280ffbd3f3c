import { describe, expect, it } from 'vitest';
import { parseDate } from './written-dates.ts';

describe('parseDate', () => {
  it.each([
    ['Your password expires on 2031-03-09.', 'YYYY-MM-DD', '2031-03-09T00:00:00.000Z'],
    ['Expires 3/9/2031, be quick', 'MM/DD/YYYY', '2031-03-09T00:00:00.000Z'],
    ['bis 09.03.2031 17:05 Uhr', 'DD.MM.YYYY HH:mm', '2031-03-09T17:05:00.000Z'],
  ])('reads %j as %s', (words, format, iso) => {
    expect(parseDate(words, format)?.toISOString()).toBe(iso);
  });

  it.each([
    ['2031-13-01', 'YYYY-MM-DD'],
    ['2031-02-30', 'YYYY-MM-DD'],
    ['soon', 'YYYY-MM-DD'],
    ['12031-02-031', 'YYYY-MM-DD'],
  ])('%j is no date', (words, format) => {
    expect(parseDate(words, format)).toBeNull();
  });
});
