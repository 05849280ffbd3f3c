import { isRcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { parseRecipe } from '../recipe/parse.ts';
import { claim, record, recipeWith } from './claim.fixture.ts';
import { CONTRACT_NAMES, CONTRACTS } from './contracts.ts';
import { fulfilled } from './fulfil.ts';
import { recordSchema } from './record-schema.ts';

const contract = parseRecipe(recipeWith(claim)).tasks.claim_status?.contract;
if (!contract) throw new Error('the recipe has no contract');
const give = (...records: Parameters<typeof record>) => fulfilled({ name: 'claim_status', contract }, [record(...records)]);

function refusal(...of: Parameters<typeof record>): string {
  try {
    return `given: ${JSON.stringify(give(...of))}`;
  } catch (error) {
    return isRcmError(error) ? `${error.code}: ${error.message}` : String(error);
  }
}

describe('what was read, as the contract has it', () => {
  it('has every field of the contract, null for what the portal does not show, and the portal’s words beside them', () => {
    const [row] = give();
    expect(row).toEqual({
      claim_number: 'C-1',
      status: 'in_review',
      billed: { amount: '1234.50', currency: 'USD' },
      service_date: '2031-01-15',
      service_date_end: null,
      status_date: null,
      received_date: null,
      decided_date: null,
      paid: null,
      payment_date: null,
      payment_number: null,
      patient_account: null,
      member_id: null,
      raw: { number: 'C-1', state: 'In  review', amount: '$1,234.5', served: '01/15/2031', checked: null },
    });
  });

  it.each([
    ['IN REVIEW', 'in_review'],
    [' paid ', 'paid'],
    ['Denied (final)', 'denied'],
  ])('takes the portal’s word %j for %s', (word, status) => {
    expect(give({}, { state: word })).toMatchObject([{ status }]);
  });

  it.each(['Paid in part', 'Not paid', 'Unpaid', 'Pai d', 'pending'])('takes the word %j for no other one, and names it', (word) => {
    expect(refusal({}, { state: word })).toMatch(/^contract_unmet: In record 1, status of claim_status is /);
  });

  it('names a word that only a status has, and repeats nothing that may be about a person', () => {
    expect(refusal({}, { state: 'Pended for medical review' })).toContain('is "Pended for medical review" on the page, which the recipe does not map');
    for (const word of ['Jane Doe', 'Denied: Doe', 'C-77', 'Paid 01/02/2031', 'Sepsis', 'Грипп'])
      expect(refusal({}, { state: word })).toBe(
        `contract_unmet: In record 1, status of claim_status is something that the recipe does not map (${word.length} characters; not repeated here, as it may be about a person): see it on the page, and say under contract.words.status what it means.`,
      );
  });

  it.each<[string, Parameters<typeof record>, RegExp]>([
    ['an empty number of the claim', [{ number: '' }], /claim_number of claim_status is empty, and always has to be there/],
    ['no amount', [{ amount: null }], /billed of claim_status is empty/],
    ['an amount in another currency', [{}, { amount: '1,234.50 EUR' }], /is not in USD, as the page writes it/],
    ['an amount with another sign', [{}, { amount: '€1,234.50' }], /has a sign that is not that of USD/],
    ['thousands that were read as decimals', [{ amount: '1.234' }, { amount: '1.234' }], /has more decimals than USD/],
    ['a date that is none', [{ served: '2031-02-30' }], /service_date is not as the contract claim_status has it/],
    ['a number of more than 300 characters', [{ number: 'C'.repeat(301) }], /claim_number is not as the contract/],
  ])('is not given with %s', (_what, of, message) => {
    expect(refusal(...of)).toMatch(message);
  });

  it('tells in which record it is', () => {
    expect(() => fulfilled({ name: 'claim_status', contract }, [record(), record({}, { state: 'Voided' })])).toThrow('In record 2');
  });
});

it.each(CONTRACT_NAMES)('the contract %s describes each of its fields, and refuses any other', (name) => {
  const schema = recordSchema(name);
  expect(Object.keys(schema.shape)).toEqual(Object.keys(CONTRACTS[name].fields));
  expect(schema.safeParse({}).success).toBe(false);
  const whole = Object.fromEntries(
    Object.entries(CONTRACTS[name].fields).map(([key, field]) => {
      const values = { text: 'x', date: '2031-01-15', money: { amount: '1.00', currency: 'USD' } };
      return [key, field.given === 'maybe' ? null : field.kind === 'choice' ? Object.keys(field.choices)[0] : values[field.kind]];
    }),
  );
  expect(schema.safeParse(whole).error).toBeUndefined();
  expect(schema.safeParse({ ...whole, more: 'x' }).success).toBe(false);
});
