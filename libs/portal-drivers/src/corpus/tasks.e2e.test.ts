import { inspect } from 'node:util';
import { Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe } from './corpus-recipe.fixture.ts';
import { CorpusRun } from './corpus-run.fixture.ts';
import { FILE, WORDS } from './corpus.fixture.ts';

let run: CorpusRun;
beforeAll(async () => {
  run = await CorpusRun.start();
});
afterEach(() => run.clear());
afterAll(() => run.close());

describe('tasks', () => {
  const rows = {
    each: { css: 'tbody tr' },
    columns: { number: { header: 'Number' }, state: { css: 'i' }, second: { cell: 2 } },
    next_page: { role: 'button', name: 'Next' },
    max_pages: 3,
  };
  const outcomes = [
    { when: { text: WORDS.nothing }, is: 'nothing_found' },
    { when: { visible: { css: 'tbody tr' } }, is: 'found' },
  ];
  const table = (answer: string, more = {}) =>
    run.session(corpusRecipe({ task: { steps: [{ open: `/pages/table/${answer}` }], outcomes, rows: { ...rows, ...more } }, stepDeadlineMs: 2_500 }));

  it('reads every page, each when it is wholly drawn', async () => {
    const outcome = await run.work(await table('3'));
    expect(outcome.kind === 'found' && outcome.rows.map((row) => row.number)).toEqual(['1-1', '1-2', '1-3', '2-1', '2-2', '2-3', '3-1', '3-2', '3-3']);
    expect(outcome.kind === 'found' && outcome.rows[0]).toEqual({ number: '1-1', state: 'open', second: 'open now' });
  });

  it('more pages than allowed are no result', async () => {
    expect(await run.work(await table('4'))).toMatchObject({ kind: 'unknown', detail: expect.stringContaining('more than 3 pages') });
  });

  it('a column that is not there is no result', async () => {
    expect(await run.work(await table('1', { columns: { owner: { header: 'Owner' } } }))).toMatchObject({
      kind: 'unknown',
      detail: expect.stringContaining('owner'),
    });
  });

  it('a column that one row has not is no result, and the row is told', async () => {
    const missing = table('2', { columns: { state: { css: 'tr:nth-child(-n+2) i' } } });
    expect(await run.work(await missing)).toMatchObject({ kind: 'unknown', detail: expect.stringContaining('In row 3') });
  });

  it('opens an address and finds an element by what the task is given, which no trace holds', async () => {
    const input = { pages: { type: 'text' }, row: { type: 'text' } };
    const steps = [{ open: '/pages/table/{pages}' }, { hover: { text: '1-{row}', exact: true } }, { wait: { text: '1-{row}' } }];
    const session = await run.session(
      corpusRecipe({ task: { input, steps, outcomes, rows: { each: rows.each, columns: rows.columns } }, stepDeadlineMs: 2_500 }),
    );
    const before = run.traces.length;
    expect(await run.work(session, { pages: '1', row: '3' })).toMatchObject({ kind: 'found', rows: { length: 3 } });
    expect(run.traces.slice(before).map((trace) => trace.step)).toEqual(['open /pages/table/{pages}', 'hover "1-{row}"', 'wait']);
    await run.work(session, { pages: '../login?x=1#', row: '3' });
    expect(run.portal.seen.at(-1)?.url).toBe('/pages/table/..%2Flogin%3Fx%3D1%23');
    const opened = run.portal.seen.length;
    await expect(run.work(session, { pages: '..', row: '3' })).rejects.toMatchObject({
      code: 'task_input_invalid',
      message: expect.stringMatching(/pages is no part/),
    });
    expect(run.portal.seen).toHaveLength(opened);
  });

  it('says which outcome showed already before the last press, and so is no answer to it', async () => {
    const steps = [{ open: '/pages/table/1' }, { press: { text: '1-1' } }];
    const session = await run.session(corpusRecipe({ task: { steps, outcomes, rows: { each: rows.each, columns: rows.columns } }, stepDeadlineMs: 800 }));
    expect(await run.work(session)).toMatchObject({ kind: 'unknown', detail: expect.stringContaining('found showed already before the last press') });
  });

  it('reads a table that is one by its roles only', async () => {
    const each = { css: '[role=row].data' };
    const columns = { number: { header: 'Number' }, state: { header: 'State' }, first: { cell: 1 } };
    const task = { steps: [{ open: '/pages/grid/-' }], outcomes: [outcomes[0], { when: { visible: each }, is: 'found' }], rows: { each, columns } };
    expect(await run.work(await run.session(corpusRecipe({ task, stepDeadlineMs: 2_500 })))).toEqual({
      kind: 'found',
      rows: [
        { number: '1', state: 'open', first: '1' },
        { number: '2', state: 'paid', first: '2' },
      ],
    });
  });

  it('finds an element by its whole name though an icon font drew a picture beside it', async () => {
    const task = {
      steps: [{ open: '/pages/icons/-' }, { press: { role: 'button', name: 'Sign out' } }],
      outcomes: [outcomes[0], { when: { text: 'drawn' }, is: 'found' }],
      rows: { each: { css: 'body' }, columns: { out: { css: '#out' } } },
    };
    expect(await run.work(await run.session(corpusRecipe({ task, stepDeadlineMs: 2_500 })))).toMatchObject({ kind: 'found', rows: [{ out: 'drawn' }] });
  });

  it('does every kind of step', async () => {
    const steps = [
      { open: '/pages/steps/-' },
      {
        optional: {
          when: { visible: { role: 'dialog', name: 'Notice' } },
          steps: [{ press: { role: 'button', name: 'I have read it' } }, { wait: { gone: { css: '#notice' } } }],
        },
      },
      { optional: { when: { text: 'Never shown' }, steps: [{ press: { text: 'Never shown' } }] } },
      { fill: { into: { label: 'Search', frame: 'inner' }, with: { input: 'word' } } },
      { choose: { in: { label: 'State', exact: false, within: { role: 'dialog', name: 'Filter' } }, option: { text: 'Closed' } } },
      { check: { field: 'mine' } },
      { key: { on: { label: 'Go' }, press: 'Enter' } },
      { wait: { text: 'drawn' } },
    ];
    const session = await run.session(
      corpusRecipe({
        task: {
          input: { word: { type: 'text' } },
          steps,
          outcomes: [
            { when: { text: 'nothing at all' }, is: 'nothing_found' },
            { when: { visible: { text: 'drawn' } }, is: 'found' },
          ],
          rows: { each: { css: 'body' }, columns: { out: { css: '#out' } } },
        },
      }),
    );
    expect(await run.work(session, { word: 'needle' })).toEqual({ kind: 'found', rows: [{ out: 'drawn needle c true' }] });
    expect(run.traces.slice(-8).map((trace) => trace.outcome)).toContain('skipped');
  });

  it.each([
    ['a field', { fields: { pass: { in: { field: 'pass' } } } }, 'unknown'],
    ['an attribute of a row', { rows: { each: { css: 'tbody tr' }, columns: { number: { cell: 1 }, hint: { cell: 2, attribute: 'title' } } } }, 'unknown'],
    ['nothing but the user name', { fields: { who: { in: { field: 'who' } } } }, 'found'],
  ])('gives no result that would hold the password: %s', async (_where, reads, kind) => {
    const session = await run.session(
      corpusRecipe({
        task: {
          steps: [{ open: '/pages/profile/Hunter-2024-x' }],
          outcomes: [
            { when: { text: WORDS.nothing }, is: 'nothing_found' },
            { when: { text: 'Your profile' }, is: 'found' },
          ],
          ...reads,
        },
      }),
    );
    await run.login(session, { credential: { username: new Secret('somebody-2024'), password: new Secret('Hunter-2024-x'), custom: {} } });
    const outcome = await run.work(session);
    expect(outcome.kind).toBe(kind);
    expect(inspect(outcome)).not.toContain('Hunter');
  });

  const files = (press: object, max_bytes = 200_000) =>
    run.session(
      corpusRecipe({
        stepDeadlineMs: 4_000,
        task: {
          steps: [{ open: '/pages/files/-' }],
          outcomes: [
            { when: { text: WORDS.nothing }, is: 'nothing_found' },
            { when: { text: 'Attached' }, is: 'found' },
          ],
          file: { press, max_bytes },
        },
      }),
    );

  it.each([
    ['attached', { role: 'link', name: 'Attached' }, '1.835', FILE],
    ['posted', { role: 'button', name: 'Posted' }, '1.835', FILE],
    ['in a new tab', { role: 'link', name: 'In a new tab' }, '1.835', FILE],
    ['that a browser would show', { role: 'link', name: 'Shown' }, 'file', FILE],
    ['that a script made', { role: 'button', name: 'Made by a script' }, 'made.csv', 'a,b'],
  ])('takes a file %s, whole and under a plain name', async (_how, press, name, content) => {
    const outcome = await run.work(await files(press));
    const file = outcome.kind === 'found' ? outcome.file : undefined;
    expect([outcome.kind, file?.name.replace(/^(März)?_/, ''), Buffer.from(file?.bytes ?? []).toString() === content]).toEqual(['found', name, true]);
  });

  it('takes no file that is too large, however long it goes on, and none that is a page', async () => {
    expect(await run.work(await files({ role: 'link', name: 'Large' }))).toMatchObject({
      kind: 'unknown',
      detail: expect.stringContaining('larger than 200000 bytes'),
    });
    expect(await run.work(await files({ role: 'link', name: 'Attached' }, 1_000))).toMatchObject({
      kind: 'unknown',
      detail: expect.stringContaining('larger'),
    });
    expect((await run.work(await files({ role: 'link', name: 'A page' }))).kind).toBe('unknown');
  });

  it('says that the session ended', async () => {
    const session = await run.session(corpusRecipe({ task: { steps: [{ open: '/pages/login/-' }, { press: { text: 'Only inside' } }], outcomes, rows } }));
    expect(await run.work(session)).toEqual({ kind: 'logged_out' });
  });
});

describe('whatever happened', () => {
  it('no secret is in an outcome, a trace or an error', () => {
    expect(run.returned.length).toBeGreaterThan(20);
    expect(run.leaked()).toEqual([]);
  });
});
