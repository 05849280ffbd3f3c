import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe } from './corpus-recipe.fixture.ts';
import type { Evidence, EvidencePolicy } from '../index.ts';
import { CorpusRun } from './corpus-run.fixture.ts';
import { WORDS } from './corpus.fixture.ts';

let run: CorpusRun;
beforeAll(async () => {
  run = await CorpusRun.start();
});
afterEach(() => run.clear());
afterAll(() => run.close());

/** Nothing here waits for a deadline, so there is one only for a page that never comes. */
const LONG_MS = 120_000;

const work = async (task: object, evidence?: EvidencePolicy) =>
  run.work(await run.session(corpusRecipe({ task: task as { steps: object[] }, stepDeadlineMs: LONG_MS }), { evidence }), {}, LONG_MS);

describe('a task with a contract', () => {
  const contract = {
    is: 'prior_auth_status',
    values: { request_number: 'number', status: 'state', payer_name: 'who' },
    words: { status: { 'Open now': 'pended' } },
  };
  const fields = { who: { in: { css: 'th:nth-child(2)' } } };
  const rows = {
    each: { css: 'tbody tr' },
    columns: { number: { header: 'Number' }, state: { header: 'State' } },
    next_page: { role: 'button', name: 'Next' },
  };
  const made = (number: string) => ({ request_number: number, status: 'pended', payer_name: 'State', issued_date: null });
  const raw = (number: string) => ({ number, state: 'open now', who: 'State' });
  const outcomes = [
    { when: { text: WORDS.nothing }, is: 'nothing_found' },
    { when: { visible: { css: 'tbody tr' } }, is: 'found' },
  ];
  const table = (reads: object, evidence?: EvidencePolicy) => work({ steps: [{ open: '/pages/table/2' }], outcomes, ...reads }, evidence);

  it('gives in each row of every page what the page’s fields say once', async () => {
    const outcome = await table({ fields, rows, contract });
    const numbers = ['1-1', '1-2', '1-3', '2-1', '2-2', '2-3'];
    expect(outcome).toMatchObject({ kind: 'found', contract: 'prior_auth_status', rows: numbers.map((number) => ({ ...made(number), raw: raw(number) })) });
    expect(outcome).not.toHaveProperty('fields');
  });

  it('gives the fields of a page without rows as one record', async () => {
    const cell = (column: number) => ({ in: { css: `tbody tr:nth-child(1) td:nth-child(${column})` } });
    const outcome = await table({ fields: { ...fields, number: cell(1), state: cell(2) }, contract });
    expect(outcome).toMatchObject({ kind: 'found', rows: [{ ...made('1-1'), raw: raw('1-1') }] });
    expect(outcome.kind === 'found' && outcome.rows.length).toBe(1);
  });

  it('gives no row where a word is not mapped, though it begins like one that is, tells the record, and keeps what the page showed', async () => {
    const kept: Evidence[] = [];
    const evidence: EvidencePolicy = { when: 'unclear', screenshots: false, keep: async (one) => void kept.push(one) };
    const outcome = await table({ fields, rows, contract: { ...contract, words: { status: { Open: 'pended' } } } }, evidence);
    expect(outcome).toEqual({ kind: 'unfit', detail: expect.stringMatching(/^In record 1, status of prior_auth_status is /) });
    expect(kept).toMatchObject([{ act: 'task work', ended: 'unfit', text: expect.stringContaining('open now') }]);
  });
});

describe('a task with a contract of files', () => {
  const download = (name: string) =>
    work({
      steps: [{ open: '/pages/files/-' }],
      outcomes: [
        { when: { text: WORDS.nothing }, is: 'nothing_found' },
        { when: { text: 'Attached' }, is: 'found' },
      ],
      file: { press: { role: 'link', name } },
      contract: { is: 'remittance_file', currency: 'USD', file: 'x12_835' },
    });

  it('reads what an 835 says, and gives the file besides', async () => {
    const outcome = await download('Remittance');
    expect(outcome).toMatchObject({
      kind: 'found',
      contract: 'remittance_file',
      rows: [{ payment_number: 'EFT-1', amount: { amount: '1234.50', currency: 'USD' }, method: 'ach', raw: { BPR02: '1234.5' } }, { payment_number: 'EFT-2' }],
    });
    expect(outcome.kind === 'found' && outcome.file?.bytes.length).toBeGreaterThan(500);
  });

  it('takes no other file for one', async () => {
    expect(await download('Attached')).toEqual({ kind: 'unfit', detail: expect.stringContaining('is no X12 interchange') });
  });
});
