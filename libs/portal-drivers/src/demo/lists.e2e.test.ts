import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PortalSession, readRecipeFile, type Recipe } from '../index.ts';
import { type Account, DemoRun, forever } from './demo-portals.fixture.ts';

// Habits are set before a task, and each task opens the page anew.
let run: DemoRun;
let of: Account;
let redrawn: Recipe;
let plain: Recipe;
let visit: PortalSession;
let truth: readonly object[];
beforeAll(async () => {
  run = await DemoRun.start();
  of = await run.account('alpine');
  redrawn = await readRecipeFile('alpine-redrawn');
  plain = await readRecipeFile('alpine');
  visit = await signedIn(redrawn);
  truth = await claims();
});
afterAll(async () => {
  await run.closeSessions();
  await run.close();
});

async function signedIn(recipe: Recipe): Promise<PortalSession> {
  const session = await run.session('alpine', { recipe });
  await run.login(session, of);
  return session;
}

interface Claim {
  readonly number: string;
  readonly status: string;
  readonly amountCents: number;
  readonly serviceDate: string;
  readonly receivedDate: string;
  readonly decidedDate: string | null;
}

/** All claims of the account as the portal has them, in the shape of a result. */
async function claims() {
  const held = (await run.control('GET', `/accounts/alpine/${of.username}/claims`)).claims as readonly Claim[];
  return held.map(({ number, amountCents, serviceDate, receivedDate, decidedDate }) =>
    expect.objectContaining({
      claim_number: number,
      billed: { amount: (amountCents / 100).toFixed(2), currency: 'USD' },
      service_date: serviceDate,
      received_date: receivedDate,
      decided_date: decidedDate,
    }),
  );
}

const list = (habits: object) =>
  run.control('PUT', '/habits', { portal: 'alpine', habits: { claimsList: 'pages', claimsTold: 'truth', claimsCells: 'plain', ...habits } });
const read = (session: PortalSession) => session.runTask({ name: 'claim_status', input: { claim_number: 'CLM-' }, deadlineMs: 120_000, signal: forever() });

/** Why there is no result. What nobody can read is looked at until a step's end: a short one, and a longer one where the machine was too slow to come to the rows. */
async function whyNot(recipe: Recipe, why: RegExp, stepDeadlineMs = 2_500): Promise<string> {
  const session = await run.session('alpine', { recipe, stepDeadlineMs });
  await run.login(session, of);
  const outcome = await read(session);
  await session.close();
  if (outcome.kind !== 'unknown') return JSON.stringify(outcome);
  return why.test(outcome.detail ?? '') || stepDeadlineMs > 100_000 ? (outcome.detail ?? '') : whyNot(recipe, why, stepDeadlineMs * 4);
}

describe('a list that a script draws in the place of the page before', () => {
  it.each(isLongForm() ? ['redrawn_late', 'redrawn_by_rows'] : ['redrawn_by_rows'])(
    'is read to its end, each row once and as the portal has it: %s',
    async (claimsList) => {
      await list({ claimsList });
      expect(await read(visit)).toMatchObject({ kind: 'found', rows: truth });
    },
  );

  it.each(isLongForm() ? ['hidden_words', 'inputs'] : ['inputs'])('is read as a person sees it, with cells of %s', async (claimsCells) => {
    await list({ claimsList: 'redrawn_late', claimsCells });
    expect(await read(visit)).toMatchObject({ kind: 'found', rows: truth });
  });

  const lies = [
    ['stuck', /did not show/],
    ['ends_early', /says that there are 24 rows, and 20 were read/],
    ['too_many', /says that there are 30 rows, and 24 were read/],
    ['too_few', /says that there are 21 rows, and 24 were read/],
  ] as const;

  // On a change one that shows less than it tells.
  it.each(lies.filter((_, place) => isLongForm() || place === 1))('is no result where it lies about its end: %s', async (claimsTold, why) => {
    await list({ claimsList: 'redrawn_late', claimsTold });
    expect(await whyNot(redrawn, why)).toMatch(why);
  });
});

const PIECES = /In row 1 .* several pieces/;

it('an amount in two pieces is no result, in a list of any kind', async () => {
  await list({ claimsList: 'redrawn_late', claimsCells: 'broken_amounts' });
  expect(await whyNot(redrawn, PIECES)).toMatch(PIECES);
  await list({ claimsCells: 'broken_amounts' });
  expect(await whyNot(plain, PIECES)).toMatch(PIECES);
});

it.each(isLongForm() ? ['hidden_words', 'inputs'] : ['hidden_words'])(
  'pages of the server’s own are read as a person sees them, by the recipe of version 1: %s',
  async (claimsCells) => {
    await list({ claimsCells });
    expect(await read(await signedIn(plain))).toMatchObject({ kind: 'found', rows: truth });
  },
);

it('a recipe that does not know of the count gives rows with a doubt, where the list ends too early', async () => {
  const recipe = structuredClone(redrawn);
  const rows = recipe.tasks.claim_status?.rows;
  if (!rows) throw new Error('the task has no rows');
  delete (rows as { total?: unknown }).total;
  const blind = await signedIn(recipe);
  await list({ claimsList: 'redrawn_by_rows', claimsTold: 'ends_early' });
  expect(await read(blind)).toMatchObject({ kind: 'found', rows: { length: 20 }, doubts: ['more_rows_told'] });
});
