import { describe, expect, it } from 'vitest';
import { claim, recipeWith } from '../contract/claim.fixture.ts';
import { lintRecipe } from './lint.ts';
import { parseRecipe, recipeHash } from './parse.ts';

/** The problems of the task after a change of its text. */
function problemsOf(change: (task: ReturnType<typeof copy>) => object, name?: string) {
  return lintRecipe(recipeWith(change(copy()), name), { file: 'a' }).problems;
}

/* Any part may be changed to anything. */
interface Loose {
  rows: { columns: Record<string, object> };
  contract: { currency?: string; is?: string; values: Record<string, string>; words?: Record<string, Record<string, string>> };
  [part: string]: unknown;
}
const copy = () => structuredClone(claim) as unknown as Loose;
const contract = (more: object) => (task: Loose) => ({ ...task, contract: { ...task.contract, ...more } });
const values = (more: object) => (task: Loose) => ({ ...task, contract: { ...task.contract, values: { ...task.contract.values, ...more } } });
const column = (name: string, more: object) => (task: Loose) => ({
  ...task,
  rows: { ...task.rows, columns: { ...task.rows.columns, [name]: { ...task.rows.columns[name], ...more } } },
});
const without = (field: string) => (task: Loose) => {
  Reflect.deleteProperty(task.contract.values, field);
  return task;
};

describe('a task that says which contract it fulfils', () => {
  it('is taken where it does, by its own name or by the one it gives', () => {
    expect(problemsOf((task) => task)).toEqual([]);
    expect(problemsOf(contract({ is: 'claim_status' }), 'claims_of_today')).toEqual([]);
  });

  it('may have its values in the fields of one record', () => {
    const fields = Object.fromEntries(
      Object.entries(claim.rows.columns).map(([name, { cell: _cell, ...typed }]: [string, { cell: number }]) => [name, { in: { css: `#${name}` }, ...typed }]),
    );
    expect(problemsOf(({ rows: _rows, ...task }) => ({ ...task, fields }))).toEqual([]);
    expect(problemsOf((task) => ({ ...task, fields }))).toMatchObject(Object.keys(fields).map((name) => ({ at: `tasks.claim_status.fields.${name}` })));
  });

  const AT = 'tasks.claim_status.contract';
  it.each<[string, (task: Loose) => object, { at: string; message: RegExp; suggestion: string | null }]>([
    ['a field that is missing', without('billed'), { at: `${AT}.values`, message: /^lacks billed, .*: name one of: amount, checked$/, suggestion: null }],
    [
      'a field that is not the contract’s',
      values({ piad: 'checked' }),
      { at: `${AT}.values.piad`, message: /^is no field of the contract claim_status/, suggestion: 'paid' },
    ],
    [
      'a column that is not there',
      values({ billed: 'amuont' }),
      { at: `${AT}.values.billed`, message: /^names no column or field of the task: amuont/, suggestion: 'amount' },
    ],
    [
      'an amount of no type',
      column('amount', { type: 'text' }),
      { at: 'tasks.claim_status.rows.columns.amount.type', message: /^must be money/, suggestion: 'money' },
    ],
    [
      'an amount that is a number',
      column('amount', { type: 'number' }),
      { at: 'tasks.claim_status.rows.columns.amount.type', message: /^must be money/, suggestion: 'money' },
    ],
    [
      'a status that is an amount',
      column('state', { type: 'money' }),
      { at: 'tasks.claim_status.rows.columns.state.type', message: /^must be text/, suggestion: 'text' },
    ],
    [
      'what may be empty and may not',
      column('amount', { may_be_empty: true }),
      { at: 'tasks.claim_status.rows.columns.amount.may_be_empty', message: /always gives billed/, suggestion: null },
    ],
    ['no mapping', contract({ words: undefined }), { at: `${AT}.words`, message: /^lacks status/, suggestion: null }],
    ['an empty mapping', contract({ words: { status: {} } }), { at: `${AT}.words.status`, message: /^must map a word/, suggestion: null }],
    [
      'an unknown status',
      contract({ words: { status: { Paid: 'piad' } } }),
      { at: `${AT}.words.status.Paid`, message: /^is no status of the contract claim_status: piad\. There is received, /, suggestion: 'paid' },
    ],
    [
      'a word that stands there twice',
      contract({ words: { status: { Paid: 'paid', ' PAID': 'denied' } } }),
      { at: `${AT}.words.status. PAID`, message: /^stands there twice/, suggestion: null },
    ],
    [
      'a mapping of no field',
      contract({ words: { ...claim.contract.words, sttatus: { Paid: 'paid' } } }),
      { at: `${AT}.words.sttatus`, message: /^is for a field of a fixed set/, suggestion: 'status' },
    ],
    ['no currency', contract({ currency: undefined }), { at: AT, message: /^needs currency: billed, paid/, suggestion: null }],
    ['a currency that is none', contract({ currency: 'usd' }), { at: `${AT}.currency`, message: /ISO 4217/, suggestion: 'USD' }],
    ['a contract that is none', contract({ is: 'claims_status' }), { at: `${AT}.is`, message: /./, suggestion: 'claim_status' }],
    [
      'a contract that gives a file',
      contract({ is: 'remittance_file', values: {}, words: undefined, currency: undefined }),
      { at: 'tasks.claim_status', message: /^needs file/, suggestion: null },
    ],
  ])('is refused at its place with what was meant: %s', (_what, change, { at, message, suggestion }) => {
    expect(problemsOf(change)).toContainEqual(expect.objectContaining({ at, message: expect.stringMatching(message), suggestion }));
  });

  it('tells of a misspelt field once, not also that the right one is missing', () => {
    expect(problemsOf((task) => values({ biled: 'amount' })(without('billed')(task)))).toMatchObject([{ at: `${AT}.values.biled`, suggestion: 'billed' }]);
  });

  it('has to say which, where its name is no contract’s', () => {
    expect(problemsOf((task) => task, 'claim_statuses')).toMatchObject([{ at: 'tasks.claim_statuses.contract', suggestion: 'claim_status' }]);
  });
});

describe('a task whose values are in its file', () => {
  const { contract: _contract, rows: _rows, ...bare } = claim;
  const remittance = { ...bare, file: { press: { role: 'link', name: 'Download 835' } } };
  const problems = (more: object, task: object = remittance) =>
    lintRecipe(recipeWith({ ...task, contract: { currency: 'USD', file: 'x12_835', ...more } }, 'remittance_file'), { file: 'a' }).problems;

  it('maps nothing, as an 835 says it all', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ values: {}, words: {} })).toMatchObject([
      { at: 'tasks.remittance_file.contract.values' },
      { at: 'tasks.remittance_file.contract.words' },
    ]);
  });

  it('is one that gives a file, of that kind, in a currency', () => {
    expect(problems({ file: 'x12_853' })).toMatchObject([{ at: 'tasks.remittance_file.contract.file', suggestion: 'x12_835' }]);
    expect(problems({ currency: undefined })).toMatchObject([{ at: 'tasks.remittance_file.contract', message: expect.stringContaining('needs currency') }]);
    expect(problems({}, { ...bare, rows: claim.rows })).toMatchObject([{ at: 'tasks.remittance_file', message: expect.stringContaining('needs file') }]);
    expect(problems({ is: 'remittance_list' })).toMatchObject([{ at: 'tasks.remittance_file.contract.file' }]);
  });
});

it('a task without a contract is what it was before, whatever it is called, to the hash of its recipe', () => {
  const { contract: _contract, ...plain } = claim;
  const text = recipeWith(plain);
  expect(lintRecipe(text, { file: 'a' }).problems).toEqual([]);
  expect(Object.keys(parseRecipe(text).tasks.claim_status ?? {})).toEqual(['input', 'steps', 'outcomes', 'rows']);
  expect(recipeHash(parseRecipe(text))).toBe('1273be76735209030f47da32389006f99493b6b5e6f4393d9e02643fa67de249');
});
