import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe } from './corpus-recipe.fixture.ts';
import { CorpusRun } from './corpus-run.fixture.ts';

let run: CorpusRun;
beforeAll(async () => {
  run = await CorpusRun.start();
});
afterEach(() => run.clear());
afterAll(() => run.close());

/** What a task gives that reads rows of a page. */
async function read(page: string, rows: { readonly each: object; readonly columns: object; readonly [more: string]: unknown }, stepDeadlineMs = 2_500) {
  const outcomes = [
    { when: { text: 'No rows.' }, is: 'nothing_found' },
    { when: { visible: rows.each }, is: 'found' },
  ];
  const recipe = corpusRecipe({ task: { steps: [{ open: `/pages/${page}` }], outcomes, rows }, stepDeadlineMs });
  return run.work(await run.session(recipe), {}, 15_000 + 4 * stepDeadlineMs);
}

/** On a change every third one. */
const part = <T>(all: readonly T[]): readonly T[] => all.filter((_, place) => isLongForm() || place % 3 === 0);

/** Where something is to be found, a machine that is slow has the time for it; only what is never to come is waited for to the end. */
const PATIENT_MS = 30_000;
const noResult = (why: string) => ({ kind: 'unknown', detail: expect.stringContaining(why) });

describe('the end of the rows', () => {
  const at = (habit: string, grows = false, stepDeadlineMs?: number) =>
    read(
      `pager/${encodeURIComponent(habit)}`,
      { each: { css: 'li' }, columns: { word: { css: ':scope' } }, next_page: { role: 'button', name: 'More' }, ...(grows ? { grows } : {}) },
      stepDeadlineMs,
    );
  const found = (...words: string[]) => ({ kind: 'found', rows: words.map((word) => ({ word })) });

  it.each(
    part([
      ['drawn late', ['a', 'b']],
      ['enabled late', ['a', 'b']],
      ['drawn by a timer', ['a', 'b', 'c']],
    ] as const),
  )('is not believed before what leads to the next page is %s', async (habit, words) => {
    expect(await at(habit, false, PATIENT_MS)).toEqual(found(...words));
  });

  it('is not believed while the page waits for an answer', async () => {
    expect(await at('waits for ever')).toMatchObject(noResult('still waits for an answer'));
  });

  it.each(
    part([
      ['goes away after an answer without rows', 'ends empty'],
      ['is disabled by an answer without rows', 'ends empty, disabled'],
    ] as const),
  )('is there where what adds rows %s', async (_how, habit) => {
    expect(await at(habit, true, PATIENT_MS)).toEqual(found('a', 'b'));
  });

  it.each(part(['is disabled while it works', 'is disabled while it draws']))('is not there where what adds rows %s', async (habit) => {
    expect(await at(habit, true, PATIENT_MS)).toEqual(found('a', 'b'));
  });

  it('is not there where the answer was an error', async () => {
    expect(await at('ends in an error', true)).toMatchObject(noResult('answer was an error'));
  });

  it('is no result where the rows that were added took the place of others', async () => {
    expect(await at('drops what was above', true)).toMatchObject(noResult('are gone'));
  });
});

describe('a list that says how many rows it has', () => {
  const at = (habit: string, stepDeadlineMs?: number) =>
    read(
      `pager/${encodeURIComponent(habit)}`,
      {
        ...{ each: { css: 'li' }, columns: { word: { css: ':scope' } }, next_page: { role: 'button', name: 'More' } },
        total: { in: { css: '#count' }, format: '{from} to {to} of {total} entries' },
      },
      stepDeadlineMs,
    );

  it.each(part(['counts, and redraws late', 'counts', 'counts, and never disables']))('is read to its end, and not before it is drawn: %s', async (habit) => {
    expect(await at(habit, PATIENT_MS)).toEqual({ kind: 'found', rows: ['a', 'b', 'c'].map((word) => ({ word })) });
  });

  it.each(
    part([
      ['counts, and ends early', 'says that there are 3 rows, and 2 were read'],
      ['counts what it does not show', 'end with number 50, and 2 were read'],
      ['counts otherwise', 'does not say how many rows'],
    ] as const),
  )('is no result where what was read is not that: %s', async (habit, why) => {
    expect(await at(habit)).toMatchObject(noResult(why));
  });
});

describe('what speaks against the rows being all', () => {
  const at = (habit: string, more: object) =>
    read(`pager/${encodeURIComponent(habit)}`, { each: { css: 'li' }, columns: { word: { css: ':scope' } }, ...more }, PATIENT_MS);
  const next_page = { role: 'button', name: 'More' };

  it('is a count of more, and a pager, that the recipe does not know', async () => {
    expect(await at('counts', {})).toMatchObject({ kind: 'found', rows: [{ word: 'a' }, { word: 'b' }], doubts: ['more_rows_told', 'pager_not_pressed'] });
    expect(await at('counts, and ends early', {})).toMatchObject({ doubts: ['more_rows_told'] });
    expect(await at('drops what was above', {})).toMatchObject({ doubts: ['pager_not_pressed'] });
  });

  it('is nothing where all was read', async () => {
    expect(await at('counts', { next_page })).not.toHaveProperty('doubts');
    expect(await at('counts', { next_page, total: { in: { css: '#count' }, format: '{from} to {to} of {total}' } })).not.toHaveProperty('doubts');
  });
});

describe('a grid that draws what is in sight', () => {
  const at = (drawn: string, more = {}, stepDeadlineMs = 800) =>
    read(`virtual/${drawn}`, { each: { css: '.data' }, columns: { number: { header: 'Number' } }, ...more }, stepDeadlineMs);

  it.each(
    part([
      ['says that it has more rows', '201,2,21'],
      ['has rows above', ',10,29'],
      ['has rows above and below', '-1,10,29'],
    ] as const),
  )('is no result where it %s', async (_why, drawn) => {
    expect(await at(drawn)).toMatchObject(noResult('more rows than it shows'));
    expect(await at(drawn, { next_page: { role: 'button', name: 'Next' }, grows: true })).toMatchObject(noResult('more rows than it shows'));
  });

  it.each(part(['21,2,21', '-1,2,21', ',2,21']))('is read where all of it is in sight: %s', async (drawn) => {
    expect(await at(drawn, {}, PATIENT_MS)).toMatchObject({ kind: 'found', rows: { length: 20 } });
  });
});

describe('cells that span others', () => {
  const at = (each: string, columns: object, stepDeadlineMs = 800) => read('spans/-', { each: { css: each }, columns: { value: columns } }, stepDeadlineMs);

  it.each(
    part([
      ['a row, by its number', '#down tbody tr', { cell: 2 }, 'In row 1'],
      ['a row, by its heading', '#down tbody tr', { header: 'Claim' }, 'In row 1'],
      ['a row below the one that the cell is in', '#down .second', { header: 'Claim' }, 'In row 1'],
      ['columns', '#wide tr', { cell: 2 }, 'In row 1'],
      ['columns, in the headings', '#across tbody tr', { header: 'State' }, 'The heading of "value"'],
    ] as const),
  )('are no result where cells are counted: %s', async (_what, each, columns, why) => {
    expect(await at(each, columns)).toMatchObject(noResult(why));
  });

  it.each(
    part([
      ['found by css', '#down tbody tr', { css: '.claim' }, ['C-1', 'C-2', 'C-3']],
      ['of a row that none of them reaches', '#down .third', { header: 'Claim' }, ['C-3']],
      ['before the heading that spans columns', '#across tbody tr', { header: 'Claim' }, ['C-1']],
    ] as const),
  )('do not matter to a cell %s', async (_which, each, columns, values) => {
    expect(await at(each, columns, PATIENT_MS)).toEqual({ kind: 'found', rows: values.map((value) => ({ value })) });
  });
});
