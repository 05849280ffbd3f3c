import type { TaskRow } from '../outcome.ts';
import type { PageRecord } from './page-record.ts';

/** A task that fulfils `claim_status`, as a recipe says it. */
export const claim = {
  steps: [{ open: '/claims' }],
  outcomes: [
    { when: { text: 'Results' }, is: 'found' },
    { when: { text: 'Nothing' }, is: 'nothing_found' },
  ],
  rows: {
    each: { css: 'tr' },
    columns: {
      number: { cell: 1 },
      state: { cell: 2 },
      amount: { cell: 3, type: 'money' },
      served: { cell: 4, type: 'date', format: 'MM/DD/YYYY' },
      checked: { cell: 5, type: 'money', may_be_empty: true },
    },
  },
  contract: {
    currency: 'USD',
    values: { claim_number: 'number', status: 'state', billed: 'amount', service_date: 'served', paid: 'checked' },
    words: { status: { 'In review': 'in_review', Paid: 'paid', 'Denied (final)': 'denied' } },
  },
} as const;

/** A recipe with one task. */
export const recipeWith = (task: object, name = 'claim_status'): string =>
  JSON.stringify(
    {
      version: 1,
      name: 'a',
      login: {
        outcomes: [
          { when: { text: 'a' }, is: 'accepted' },
          { when: { text: 'b' }, is: 'rejected' },
        ],
      },
      tasks: { [name]: task },
    },
    null,
    2,
  );

/** What was read of a page by `claim`; `words` where the page writes something else than the values say. */
export const record = (values: TaskRow = {}, words: Readonly<Record<string, string>> = {}): PageRecord => ({
  values: { number: 'C-1', state: words.state ?? 'In review', amount: '1234.5', served: '2031-01-15', checked: null, ...values },
  words: { number: 'C-1', state: 'In  review', amount: '$1,234.5', served: '01/15/2031', checked: null, ...words },
});
