import type { Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import { readDate } from './told-date.ts';

/** A page as far as its words go. */
const pageWith = (words: string): Page => ({ frames: () => [{ locator: () => ({ innerText: () => Promise.resolve(words) }) }] }) as unknown as Page;

describe('readDate', () => {
  const now = new Date('2031-01-01T00:00:00Z');

  it.each([
    [{ format: 'MM/DD/YYYY' }, '2031-03-09T00:00:00.000Z'],
    [{ words: 'in {minutes} minutes' }, '2031-01-01T00:05:00.000Z'],
    [{ minutes: 30 }, '2031-01-01T00:30:00.000Z'],
  ])('reads what %j tells', async (told, iso) => {
    expect((await readDate(pageWith('Locked until 03/09/2031, try in 5 minutes'), told, now))?.toISOString()).toBe(iso);
  });

  it.each([
    ['a token twice', { format: 'MM/DD/YYYY hh:MM A' }],
    ['a unit twice', { words: '{minutes}:{minutes}' }],
    ['a zone that does not exist', { format: 'MM/DD/YYYY', zone: 'Mars/Olympus' }],
  ])('gives null, and fails no login, for a recipe with %s', async (_what, told) => {
    expect(await readDate(pageWith('03/09/2031 12:03 pm 4:30'), told, now)).toBeNull();
  });

  it('gives null where the page is gone', async () => {
    const gone = { frames: () => [{ locator: () => ({ innerText: () => Promise.reject(new Error('closed')) }) }] } as unknown as Page;
    expect(await readDate(gone, { format: 'MM/DD/YYYY' }, now)).toBeNull();
  });
});
