import { openDatabase } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { freshDatabase, isLongForm, rowDigests, TYPED_SECRET } from '@rcm/test-services';
import fc from 'fast-check';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type BadCall, badCalls, HOSTILE, oddCalls } from './bad-words.fixture.ts';
import { everyCommand, type Leaf } from './every-command.fixture.ts';
import { rcm } from './testing.fixture.ts';

/** The random part is the same each time. */
const SEED = 1;
const ROUNDS = isLongForm() ? 200 : 1;
/** On a change, of the hostile words each command gets others: together they have all. */
const PARTS = isLongForm() ? 1 : 12;
/** After so many commands it is looked whether a row has changed. */
const LOOK_AFTER = isLongForm() ? 1 : 10;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let leaves: readonly Leaf[];
let environment: NodeJS.ProcessEnv;
let folder: string;

beforeAll(async () => {
  database = await freshDatabase({ migrate: migrateWithLogins });
  const owner = openDatabase({ url: database.url, applicationName: 'test environment', maxConnections: 1 });
  await upsertPortalType(owner, PLAIN_PORTAL_TYPE);
  await upsertOrganization(owner, { id: 'hospital-1', name: 'Hospital' });
  await insertEndpoint(owner, { id: 'well', orgId: 'hospital-1', portalTypeCode: 'alpine', accountId: 'a', baseUrl: 'https://alpine.example/' });
  await owner.close();
  folder = mkdtempSync(join(tmpdir(), 'rcm-bad-'));
  environment = Object.fromEntries(
    (['operator', 'rotator', 'migrator', 'auditor'] as const).map((role) => [`RCM_${role.toUpperCase()}_DATABASE_URL`, urlFor(`rcm_${role}`, database.url)]),
  );
  environment.RCM_OWNER_DATABASE_URL = database.url;
  leaves = await everyCommand();
}, 120_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database?.drop();
});

/** Words that only whoever reads the code knows. */
const INSIDE = /node_modules|\.ts\b|\n\s+at |[Pp]risma|commander|SELECT |undefined|\[object|NaN/;
const LONGEST_ANSWER = 1_000;

/** Programs write to this process's own screens, too. */
async function called(words: readonly string[]) {
  const screens = [process.stdout, process.stderr].map((screen) => ({ text: '', spy: vi.spyOn(screen, 'write'), screen }));
  for (const each of screens) each.spy.mockImplementation((text) => ((each.text += String(text)), true));
  try {
    const { code, stdout, stderr } = await rcm(words, environment);
    return { code, stdout: stdout + (screens[0]?.text ?? ''), stderr: stderr + (screens[1]?.text ?? '') };
  } finally {
    for (const { spy } of screens) spy.mockRestore();
  }
}

/** What is wrong with how a bad call is answered; nothing, where it is well refused. */
async function faultsOf({ words, names }: BadCall): Promise<readonly string[]> {
  const { code, stdout, stderr } = await called(words);
  const all = stdout + stderr;
  return [
    ...(code === 2 ? [] : [`ended with ${code}`]),
    ...(all.includes(names) ? [] : [`does not name ${names}: ${all.slice(0, 200)}`]),
    ...(INSIDE.test(all) ? [`shows the inside: ${all.slice(0, 300)}`] : []),
    ...(all.includes(TYPED_SECRET) ? ['repeats what was typed'] : []),
    ...(all.length > LONGEST_ANSWER ? [`says ${all.length} characters`] : []),
    ...(/[^\P{Cc}\n]/u.test(all) ? ['writes control characters'] : []),
  ];
}

async function faultsOfAll(calls: readonly BadCall[]): Promise<string[]> {
  const faults: string[] = [];
  for (const call of calls) for (const fault of await faultsOf(call)) faults.push(`${call.words.map((word) => word.slice(0, 60)).join(' ')}: ${fault}`);
  return faults;
}

/** The commands one after the other; where rows changed, it is said of which commands. */
async function eachLeaf(callsOf: (leaf: Leaf, i: number) => readonly BadCall[]): Promise<void> {
  const faults: string[] = [];
  let before = await rowDigests(database.url);
  for (let from = 0; from < leaves.length; from += LOOK_AFTER) {
    const part = leaves.slice(from, from + LOOK_AFTER);
    for (const [n, leaf] of part.entries()) faults.push(...(await faultsOfAll(callsOf(leaf, from + n))));
    const after = await rowDigests(database.url);
    const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
    if (changed.length > 0) faults.push(`${part.map(({ words }) => words.join(' ')).join(' or ')} wrote ${changed.join(', ')}`);
    before = after;
  }
  expect(faults).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
}

it('is tried with every command', () => {
  expect(leaves.length).toBeGreaterThan(60);
  expect(leaves.map(({ words }) => words.join(' '))).toEqual(
    expect.arrayContaining(['logins', 'login set', 'migrate adopt', 'audit heads write', 'portal try', 'portal-type save']),
  );
});

it(
  'refuses each word that its help rules out, names the option, repeats nothing of it and does nothing',
  () =>
    eachLeaf((leaf, i) =>
      badCalls(
        leaf,
        HOSTILE.filter((_, k) => (i + k) % PARTS === 0),
      ),
    ),
  600_000,
);

it('refuses options and arguments that there are not, and repeats no password that was typed there', () => eachLeaf(oddCalls), 600_000);

it('is one JSON object under --json', async () => {
  for (const leaf of leaves) {
    const [bad] = oddCalls(leaf);
    const { code, stdout } = await called([...(bad?.words ?? []), '--json']);
    const todo = expect.toBeOneOf([null, expect.any(String)]) as unknown;
    expect([leaf.words, code, JSON.parse(stdout)]).toEqual([
      leaf.words,
      2,
      { version: 1, error: { code: 'input_invalid', message: expect.stringMatching(/option/) as string, todo } },
    ]);
  }
}, 600_000);

it(`refuses what nobody thought of (seed ${SEED})`, async () => {
  const texts = fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ maxLength: 80 })), { minLength: 1, maxLength: 2 });
  const before = await rowDigests(database.url);
  const attempt = async (random: readonly string[]): Promise<void> => {
    expect(await faultsOfAll(leaves.flatMap((leaf) => badCalls(leaf, random)))).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(texts, attempt), { seed: SEED, numRuns: ROUNDS, endOnFailure: true });
  expect(await rowDigests(database.url)).toEqual(before);
}, 3_600_000);
