import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toldDateSchema } from '../recipe/told-date.ts';
import { parseDate, parseSpan, writeDate } from './written-dates.ts';

describe('parseDate', () => {
  it.each([
    ['Your password expires on 2031-03-09.', 'YYYY-MM-DD', undefined, '2031-03-09T00:00:00.000Z'],
    ['Expires 3/9/2031, be quick', 'MM/DD/YYYY', undefined, '2031-03-09T00:00:00.000Z'],
    ['bis 09.03.2031 17:05 Uhr', 'DD.MM.YYYY HH:mm', undefined, '2031-03-09T17:05:00.000Z'],
    ['until March 9,  2031', 'MMMM DD, YYYY', undefined, '2031-03-09T00:00:00.000Z'],
    ['until 09-MAR-2031', 'DD-MMM-YYYY', undefined, '2031-03-09T00:00:00.000Z'],
    ['at 03/09/2031 12:30 am', 'MM/DD/YYYY hh:mm A', undefined, '2031-03-09T00:30:00.000Z'],
    ['at 03/09/2031 12:30 p.m.', 'MM/DD/YYYY hh:mm A', undefined, '2031-03-09T12:30:00.000Z'],
    ['at 01/15/2031 08:00 AM', 'MM/DD/YYYY hh:mm A', 'America/New_York', '2031-01-15T13:00:00.000Z'],
    ['at 07/15/2031 08:00 AM', 'MM/DD/YYYY hh:mm A', 'America/New_York', '2031-07-15T12:00:00.000Z'],
    ['at 03/09/2031 03:30 AM', 'MM/DD/YYYY hh:mm A', 'America/New_York', '2031-03-09T07:30:00.000Z'],
  ])('reads %j as %s in zone %s', (words, format, zone, iso) => {
    expect(parseDate(words, format, zone)?.toISOString()).toBe(iso);
  });

  it.each([
    ['2031-13-01', 'YYYY-MM-DD'],
    ['2031-02-30', 'YYYY-MM-DD'],
    ['2031-02-03 25:00', 'YYYY-MM-DD HH:mm'],
    ['soon', 'YYYY-MM-DD'],
    ['12031-02-031', 'YYYY-MM-DD'],
  ])('%j is no date', (words, format) => {
    expect(parseDate(words, format)).toBeNull();
  });
});

describe('parseSpan', () => {
  it.each([
    ['Your password expires in  12 days.', 'expires in {days} days', 12 * 86_400_000],
    ['Please wait 4:30 minutes', 'wait {minutes}:{seconds} minutes', 270_000],
    ['PLEASE WAIT 2 HOURS', 'wait {hours} hours', 7_200_000],
    ['wait a while', 'wait {hours} hours', null],
  ])('reads %j in the manner of %j', (words, sample, ms) => {
    expect(parseSpan(words, sample)).toBe(ms);
  });
});

describe('a page of nothing but blanks', { timeout: 120_000 }, () => {
  it.each([' ', '\u00a0', '\n', 'jan ', '1 '])('is read at once: 1 MB of %j', (piece) => {
    const words = piece.repeat(1_000_000 / piece.length);
    const formats = [' DD MM YYYY', 'MMM DD YYYY', 'DD MMM YYYY HH:mm'];
    const samples = ['{days}  days', 'a b {days}'];
    expect(formats.map((format) => parseDate(words, format))).toEqual(formats.map(() => null));
    expect(samples.map((sample) => parseSpan(words, sample))).toEqual(samples.map(() => null));
  });
});

describe('what a recipe may ask to be read', () => {
  const pieces = ['YYYY', 'MM', 'MMM', 'MMMM', 'DD', 'HH', 'hh', 'mm', 'A', ...'AT at / . ( ] { ^ $ \\ *'.split(' '), ' '];
  const units = ['{seconds}', '{minutes}', '{hours}', '{days}', ...'wait : ( ] { ^ $ \\ *'.split(' '), ' '];
  const texts = (from: readonly string[]) => fc.array(fc.constantFrom(...from), { maxLength: 12 }).map((parts) => parts.join(''));

  it('never throws, in whatever way a date is written', () => {
    let read = 0;
    const check = (format: string) => {
      if (!toldDateSchema.safeParse({ format }).success) return;
      read += 1;
      expect(() => parseDate('03/09/2031 12:30 pm', format)).not.toThrow();
    };
    const dated = fc.shuffledSubarray(pieces, { minLength: 3 }).map((parts) => parts.join(''));
    fc.assert(fc.property(fc.oneof(dated, texts(pieces)), check), { seed: 1, numRuns: 2_000 });
    expect(read).toBeGreaterThan(50);
  });

  it('never throws, in whatever way a span is written', () => {
    let read = 0;
    const check = (words: string) => {
      if (!toldDateSchema.safeParse({ words }).success) return;
      read += 1;
      expect(() => parseSpan('wait 4:30', words)).not.toThrow();
    };
    fc.assert(fc.property(texts(units), check), { seed: 1, numRuns: 1_000 });
    expect(read).toBeGreaterThan(50);
  });
});

describe('writeDate', () => {
  it.each([
    ['2031-03-09', 'MM/DD/YYYY', '03/09/2031'],
    ['2031-03-09', 'DD MMM YYYY', '09 Mar 2031'],
    ['2031-03-09', 'MMMM DD, YYYY', 'March 09, 2031'],
  ])('writes %s as %s', (date, format, written) => {
    expect(writeDate(date, format)).toBe(written);
  });
});
