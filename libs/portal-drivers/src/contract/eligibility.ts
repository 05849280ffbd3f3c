import type { Contract } from './contract.ts';

/** Names and codes are those of the 271 response (005010X279A1); the status is EB01, Eligibility or Benefit Information Code. */
export const eligibility = {
  title: 'What a member is covered for',
  transaction: '271 (005010X279A1)',
  file: 'none',
  fields: {
    member_id: { kind: 'text', given: 'always', meaning: 'The subscriber’s number at the payer.', x12: '2100C NM109 where NM101 is IL' },
    status: {
      kind: 'choice',
      given: 'always',
      meaning: 'Whether the coverage holds.',
      x12: '2110C EB01',
      choices: {
        active: { code: '1', meaning: 'holds' },
        active_pending_investigation: { code: '5', meaning: 'holds, and is being investigated' },
        inactive: { code: '6', meaning: 'does not hold' },
        inactive_pending_update: { code: '7', meaning: 'does not hold until an update of the eligibility' },
        inactive_pending_investigation: { code: '8', meaning: 'does not hold, and is being investigated' },
      },
    },
    coverage_start: { kind: 'date', given: 'maybe', meaning: 'First day of the plan’s coverage.', x12: '2100C DTP03 where DTP01 is 346' },
    coverage_end: { kind: 'date', given: 'maybe', meaning: 'Last day of the plan’s coverage.', x12: '2100C DTP03 where DTP01 is 347' },
    plan_name: { kind: 'text', given: 'maybe', meaning: 'What the payer calls the plan.', x12: '2110C EB05' },
    group_number: { kind: 'text', given: 'maybe', meaning: 'Number of the employer’s group.', x12: '2100C REF02 where REF01 is 6P' },
    payer_name: { kind: 'text', given: 'maybe', meaning: 'Who covers.', x12: '2100A NM103 where NM101 is PR' },
    copay: { kind: 'money', given: 'maybe', meaning: 'What the patient pays for a visit.', x12: '2110C EB07 where EB01 is B' },
    deductible: { kind: 'money', given: 'maybe', meaning: 'What the patient pays first.', x12: '2110C EB07 where EB01 is C' },
    deductible_left: { kind: 'money', given: 'maybe', meaning: 'What is left of the deductible.', x12: '2110C EB07 where EB01 is C and EB06 is 29' },
    out_of_pocket: { kind: 'money', given: 'maybe', meaning: 'What the patient pays at most.', x12: '2110C EB07 where EB01 is G' },
    out_of_pocket_left: { kind: 'money', given: 'maybe', meaning: 'What is left of that.', x12: '2110C EB07 where EB01 is G and EB06 is 29' },
  },
} as const satisfies Contract;
