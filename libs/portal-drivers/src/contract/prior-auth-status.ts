import type { Contract } from './contract.ts';

/** Names and codes are those of the 278 response (005010X217); the status is HCR01, Certification Action Code. */
export const priorAuthStatus = {
  title: 'How requests for authorization stand',
  transaction: '278 (005010X217)',
  file: 'none',
  fields: {
    authorization_number: { kind: 'text', given: 'maybe', meaning: 'The payer’s number of the certification.', x12: '2000E HCR02' },
    status: {
      kind: 'choice',
      given: 'always',
      meaning: 'What was decided.',
      x12: '2000E HCR01',
      choices: {
        certified: { code: 'A1', meaning: 'is certified in total' },
        partly_certified: { code: 'A2', meaning: 'is certified in part' },
        not_certified: { code: 'A3', meaning: 'is not certified' },
        pended: { code: 'A4', meaning: 'is not decided yet' },
        modified: { code: 'A6', meaning: 'is certified otherwise than it was asked for' },
        cancelled: { code: 'C', meaning: 'was cancelled' },
        contact_payer: { code: 'CT', meaning: 'is decided by asking the payer' },
        not_required: { code: 'NA', meaning: 'needs no certification' },
      },
    },
    request_number: { kind: 'text', given: 'always', meaning: 'The number under which the portal keeps the request.', x12: '2000E TRN02' },
    issued_date: { kind: 'date', given: 'maybe', meaning: 'When it was certified.', x12: '2000E DTP03 where DTP01 is 102' },
    effective_date: { kind: 'date', given: 'maybe', meaning: 'From when the certification holds.', x12: '2000E DTP03 where DTP01 is 007' },
    expires_date: { kind: 'date', given: 'maybe', meaning: 'Until when it holds.', x12: '2000E DTP03 where DTP01 is 036' },
    member_id: { kind: 'text', given: 'maybe', meaning: 'The subscriber’s number at the payer.', x12: '2010C NM109 where NM101 is IL' },
    payer_name: { kind: 'text', given: 'maybe', meaning: 'Who decides.', x12: '2010A NM103 where NM101 is X3' },
  },
} as const satisfies Contract;
