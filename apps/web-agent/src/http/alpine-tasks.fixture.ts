import { expect } from 'vitest';

/** What can be asked for at the portal `alpine`, each task with what it takes and gives, as the API is to say it. */
export const ALPINE_TASKS = {
  portal_type: 'alpine',
  tasks: [
    {
      name: 'payments',
      contract: 'remittance_list',
      result: {
        properties: {
          contract: { const: 'remittance_list' },
          rows: {
            items: {
              properties: {
                payment_date: { type: 'string', format: 'date', description: expect.stringContaining('X12 835 (005010X221A1): BPR16.') },
                amount: { properties: { amount: { type: 'string' }, currency: { type: 'string' } }, required: ['amount', 'currency'] },
                method: { anyOf: [{ enum: ['ach', 'check', 'wire', 'payer_choice', 'none'] }, { type: 'null' }] },
                raw: { required: expect.arrayContaining(['check', 'sum', 'day']) },
              },
              required: expect.arrayContaining(['payment_number', 'method', 'raw']),
            },
          },
        },
      },
    },
    {
      name: 'claim_status',
      contract: null,
      input: { properties: { claim_number: { type: 'string', maxLength: 40 }, since: { format: 'date' } }, required: ['claim_number'] },
      result: { properties: { rows: { items: { properties: { number: { type: 'string' } } } } } },
    },
  ],
};
