import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readRecipeFile, type Recipe } from '../index.ts';
import { recordSchema } from '../contract/record-schema.ts';
import { type Code, DemoRun, MEANS } from './demo-portals.fixture.ts';

interface Shown {
  readonly number: string;
  readonly status: string;
  readonly amountCents: number;
  readonly serviceDate: string;
  readonly receivedDate: string;
  readonly decidedDate: string | null;
}

let run: DemoRun;
beforeAll(async () => {
  run = await DemoRun.start();
});
afterEach(() => run.closeSessions());
afterAll(() => run.close());

/** Dates that a portal shows besides: borealis has one for both. */
const datesOf = (portal: Code, { receivedDate, decidedDate }: Shown) =>
  portal === 'borealis'
    ? { status_date: decidedDate ?? receivedDate, received_date: null, decided_date: null }
    : { status_date: null, received_date: receivedDate, decided_date: decidedDate };

const amountOf = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;

/** All claims of a new account: as the portal holds them, and as the task gives them. */
async function claimsAt(portal: Code, recipe?: Recipe) {
  const of = await run.account(portal);
  const session = await run.session(portal, { recipe });
  await run.login(session, of);
  const { claims } = (await run.control('GET', `/accounts/${portal}/${of.username}/claims`)) as { claims: readonly Shown[] };
  return { claims, outcome: await run.claim(session, 'CLM-10') };
}

describe.each(['alpine', 'borealis', 'cascade'] as const)('the claims of %s', (portal) => {
  it('come in the one shape of the contract, with what the page shows beside it', async () => {
    const { claims, outcome } = await claimsAt(portal);
    if (outcome.kind !== 'found') throw new Error(JSON.stringify(outcome));
    expect(outcome.contract).toBe('claim_status');
    expect(outcome.rows.map(({ raw: _raw, ...row }) => row)).toEqual(
      claims.map((claim) => ({
        claim_number: claim.number,
        status: MEANS[claim.status],
        billed: { amount: amountOf(claim.amountCents), currency: 'USD' },
        service_date: claim.serviceDate,
        service_date_end: null,
        ...datesOf(portal, claim),
        paid: null,
        payment_date: null,
        payment_number: null,
        patient_account: null,
        member_id: null,
      })),
    );
    const words = outcome.rows.map(({ raw }) => raw as Readonly<Record<string, string | null>>);
    expect(words.map(({ status }) => status?.toLowerCase())).toEqual(claims.map(({ status }) => status.toLowerCase()));
    expect(words.every(({ amount }) => /^\$?[\d,]+\.\d\d( USD)?$/.test(amount ?? ''))).toBe(true);
    for (const { raw: _raw, ...row } of outcome.rows) expect(recordSchema('claim_status').safeParse(row).success).toBe(true);
  });

  it('come not at all where a word is not mapped, and the word is told', async () => {
    const recipe = structuredClone(await readRecipeFile(portal));
    const words = recipe.tasks.claim_status?.contract?.words?.status ?? {};
    for (const word of Object.keys(words)) if (words[word] === 'denied') Reflect.deleteProperty(words, word);
    const { claims, outcome } = await claimsAt(portal, recipe);
    const first = claims.findIndex(({ status }) => status === 'Denied');
    expect(first).toBeGreaterThanOrEqual(0);
    expect(outcome).toEqual({
      kind: 'unfit',
      detail: expect.stringMatching(
        new RegExp(
          `^In record ${first + 1}, status of claim_status is "denied" on the page, which the recipe does not map: say under contract.words.status`,
          'i',
        ),
      ),
    });
  });
});
