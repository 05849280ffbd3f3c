import { expect, it } from 'vitest';
import { z } from 'zod';
import { checkInput } from '../interpreter/task-input.ts';
import { claim, record } from '../contract/claim.fixture.ts';
import { fulfilled } from '../contract/fulfil.ts';
import { typedValue } from '../interpreter/typed-value.ts';
import { type JsonSchema, taskInterface } from './task-schema.ts';
import { taskSchema } from './task.ts';

const task = taskSchema.parse({
  description: 'Status of a claim',
  input: {
    claim_number: { type: 'text', max_length: 8, pattern: 'CLM-[0-9]+' },
    amount: { type: 'number', optional: true },
    since: { type: 'date', optional: true },
  },
  steps: [{ open: '/claims' }],
  outcomes: [
    { when: { text: 'Results' }, is: 'found' },
    { when: { text: 'Nothing' }, is: 'nothing_found' },
  ],
  rows: {
    each: { css: 'tr' },
    columns: {
      number: { cell: 1 },
      count: { cell: 2, type: 'number' },
      paid: { cell: 3, type: 'money' },
      served: { cell: 4, type: 'date', format: 'MM/DD/YYYY', may_be_empty: true },
    },
  },
  file: { open: '/claims/file' },
});
const { description, input, result } = taskInterface('claims', task);
const fits = (schema: JsonSchema, value: unknown): boolean => z.fromJSONSchema(schema).safeParse(value).success;

it.each([
  [{ claim_number: 'CLM-1' }],
  [{ claim_number: 'CLM-1', amount: '-12.5', since: '2026-01-31' }],
  [{}],
  [{ claim_number: 'CLM-12345' }],
  [{ claim_number: 'x CLM-1' }],
  [{ claim_number: 'CLM-1', amount: 'ten' }],
  [{ claim_number: 'CLM-1', since: '31/01/2026' }],
  [{ claim_number: 'CLM-1', more: 'x' }],
])('takes the input %o exactly where the task does', (given: Record<string, string>) => {
  const taken = (() => {
    try {
      checkInput(task, given);
      return true;
    } catch {
      return false;
    }
  })();
  expect(fits(input, given)).toBe(taken);
});

it('describes what comes back: every value that the columns give fits, and those of another type do not', () => {
  const columns = task.rows?.columns ?? {};
  const read = (words: Record<string, string>) =>
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, typedValue(words[name] ?? '', column)]));
  const rows = [read({ number: 'CLM-1', count: '3', paid: '1,234.50', served: '01/31/2026' }), read({ number: '', count: '-1', paid: '(5.00)', served: '' })];
  expect(description).toBe('Status of a claim');
  expect(fits(result, { found: true, rows })).toBe(true);
  expect(fits(result, { found: false, rows: [] })).toBe(true);
  expect(fits(result, { found: true, rows, file: { name: 'a.pdf', contentType: 'application/pdf', base64: 'AA==' } })).toBe(true);
  for (const wrong of [{ count: '3' }, { paid: 1 }, { served: '01/31/2026' }, { number: null }])
    expect(fits(result, { found: true, rows: [{ ...rows[0], ...wrong }] })).toBe(false);
});

it('describes what a contract promises, whatever the recipe calls it, and what the portal shows beside it', () => {
  const promising = taskSchema.parse(claim);
  const { contract, result: promised } = taskInterface('claim_status', promising);
  expect(contract).toBe('claim_status');
  expect(taskInterface('claims', task).contract).toBeNull();
  if (!promising.contract) throw new Error('no contract');
  const [row] = fulfilled({ name: 'claim_status', contract: promising.contract }, [record()]);
  const whole = { found: true, contract: 'claim_status', rows: [row] };
  expect(fits(promised, whole)).toBe(true);
  expect(fits(promised, { found: false, rows: [] })).toBe(true);
  for (const wrong of [
    { status: 'In review' },
    { status: null },
    { billed: '1234.50' },
    { billed: { amount: 1234.5, currency: 'USD' } },
    { service_date: '01/15/2031' },
    { raw: undefined },
  ])
    expect({ wrong, fits: fits(promised, { ...whole, rows: [{ ...row, ...wrong }] }) }).toEqual({ wrong, fits: false });
  expect(JSON.stringify(promised)).toContain('X12 277 (005010X212): 2200D STC04.');
});
