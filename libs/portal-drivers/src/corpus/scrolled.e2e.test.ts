import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe } from '../index.ts';
import { corpusRecipe } from './corpus-recipe.fixture.ts';
import { CorpusRun } from './corpus-run.fixture.ts';

let run: CorpusRun;
beforeAll(async () => {
  run = await CorpusRun.start();
});
afterEach(() => run.clear());
afterAll(() => run.close());

const TOTAL = { in: { css: '#count' }, format: '{total} claims' };
/** Where something is to be found, a machine that is slow has the time for it; only what is never to come is waited for to the end. */
const PATIENT_MS = 30_000;

async function at(habit: string, more: object = { total: TOTAL }, { stepDeadlineMs = PATIENT_MS, scroll = {} } = {}) {
  const outcomes = [
    { when: { text: 'No rows.' }, is: 'nothing_found' },
    { when: { visible: { css: '.row' } }, is: 'found' },
  ];
  const rows = {
    each: { css: '.row' },
    columns: { number: { cell: 1 }, amount: { cell: 2, type: 'money' } },
    scroll: { in: { css: '#box' }, key: 'number', ...scroll },
    ...more,
  };
  const task = { steps: [{ open: `/pages/scrolled/${encodeURIComponent(habit)}`, deadline_ms: 20_000 }], outcomes, rows };
  const recipe = parseRecipe({ ...corpusRecipe({ stepDeadlineMs }), version: 2, tasks: { work: task } });
  return run.work(await run.session(recipe), {}, 60_000 + 8 * stepDeadlineMs);
}

const ALL = {
  kind: 'found',
  rows: Array.from({ length: 40 }, (_, index) => ({ number: `C-${index + 1}`, amount: ((index + 1) * 7) % 11 === 0 ? '5.00' : `${index + 1}.50` })),
};
const noResult = (why: string) => ({ kind: 'unknown', detail: expect.stringContaining(why) });

describe('a list that is scrolled', () => {
  it.each(isLongForm() ? ['grows', 'in sight', 'in sight, late', 'in sight, tells of no frame'] : ['grows', 'in sight, late', 'in sight, tells of no frame'])(
    'is read whole and in order, as the page counts it: %s',
    async (habit) => {
      expect(await at(habit)).toEqual(ALL);
    },
  );

  it('is read whole where its rows are numbered and it says how many there are', async () => {
    expect(await at('in sight, numbered', {})).toEqual(ALL);
  });

  const lies = [
    ['grows, and ends early', 'says that there are 40 rows, and 30 were read'],
    ['in sight, passes some over', 'says that there are 40 rows, and 39 were read'],
    ['grows, and repeats a row', 'has the key of another one'],
    ['in sight, changes', 'reads otherwise than before'],
  ] as const;

  it.each(lies.filter((_, place) => isLongForm() || place % 2 === 1))('is no result where it is not that: %s', async (habit, why) => {
    expect(await at(habit, { total: TOTAL }, { stepDeadlineMs: 4_000 })).toMatchObject(noResult(why));
  });

  it('is no result where nothing says how many rows there are, and where its numbers end before it does', async () => {
    expect(await at('counts nothing', {}, { stepDeadlineMs: 4_000 })).toMatchObject(noResult('Nothing says how many rows'));
    expect(await at('in sight, numbered, with more', {}, { stepDeadlineMs: 4_000 })).toMatchObject(noResult('more rows than it shows'));
  });

  it('is no result with more rows than the recipe allows, without its key, and where nothing is scrolled', async () => {
    expect(await at('in sight', { total: TOTAL }, { scroll: { max_rows: 20 } })).toMatchObject(noResult('more than 20 rows'));
    expect(await at('in sight', { total: TOTAL }, { scroll: { key: 'amount' }, stepDeadlineMs: 4_000 })).toMatchObject(noResult('or its key is another row'));
    expect(await at('in sight', { total: TOTAL }, { scroll: { in: { css: '#nowhere' } }, stepDeadlineMs: 4_000 })).toMatchObject(
      noResult('not on the page once'),
    );
  });
});
