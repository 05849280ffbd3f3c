import type { Contract } from './contract.ts';

/** Names and codes are those of the 835 (005010X221A1). A list and a file say the same of a payment, so that one can be held against the other. */
const fields = {
  payment_number: { kind: 'text', given: 'always', meaning: 'Number of the check or transfer.', x12: 'TRN02' },
  payment_date: { kind: 'date', given: 'always', meaning: 'When it was issued, or takes effect.', x12: 'BPR16' },
  amount: { kind: 'money', given: 'always', meaning: 'What was paid in all.', x12: 'BPR02' },
  method: {
    kind: 'choice',
    given: 'maybe',
    meaning: 'How it was paid.',
    x12: 'BPR04',
    choices: {
      ach: { code: 'ACH', meaning: 'by the Automated Clearing House' },
      check: { code: 'CHK', meaning: 'by check' },
      wire: { code: 'FWT', meaning: 'by wire (Federal Reserve)' },
      payer_choice: { code: 'BOP', meaning: 'as the financial institution chooses' },
      none: { code: 'NON', meaning: 'not at all: there is no payment' },
    },
  },
  payer_name: { kind: 'text', given: 'maybe', meaning: 'Who paid.', x12: '1000A N102 where N101 is PR' },
  payee_npi: { kind: 'text', given: 'maybe', meaning: 'The paid provider’s NPI.', x12: '1000B N104 where N101 is PE and N103 is XX' },
} as const satisfies Contract['fields'];

export const remittanceList = { title: 'Which payments were made', transaction: '835 (005010X221A1)', file: 'none', fields } as const satisfies Contract;
export const remittanceFile = { title: 'A remittance as a file', transaction: '835 (005010X221A1)', file: 'always', fields } as const satisfies Contract;
