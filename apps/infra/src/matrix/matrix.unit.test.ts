import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPolicyEngine, type PolicyEngine } from '@rcm/local-aws';
import { isLongForm } from '@rcm/test-services';
import { beforeAll, describe, expect, it } from 'vitest';
import { synthesised } from '../stacks/synthesised.fixture.ts';
import { type Case, casesOf } from './cases.fixture.ts';
import { Evaluation } from './evaluation.fixture.ts';
import { type Mutant, mutantsOf } from './mutants.fixture.ts';
import { type Held, rendered } from './render.fixture.ts';
import { policiesInTemplates, type PolicyInTemplate } from './template-policies.fixture.ts';

/** It only ends what hangs: ten seconds of a processor that has nothing else to do. */
const MATRIX_MS = 1_200_000;
const PAGE = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'access-matrix.md');
const IS_WRITTEN = process.env.RCM_WRITE_ACCESS_MATRIX === 'yes';
/** The page has everything. */
const IS_WHOLE = isLongForm() || IS_WRITTEN;

let engine: PolicyEngine;
let cases: readonly Case[];
let policies: readonly PolicyInTemplate[];
let evaluation: Evaluation;
/** Of each policy the cases that it has a say in. */
let concerned: ReadonlyMap<PolicyInTemplate, readonly Case[]>;
let held: readonly Held[];
let mutants: readonly Mutant[];
beforeAll(async () => {
  engine = await loadPolicyEngine();
  cases = casesOf();
  policies = policiesInTemplates(synthesised(), 'prod').filter(({ kind }) => kind !== 'endpoint');
  evaluation = new Evaluation(engine, policies);
  const found = new Map(policies.map((policy) => [policy, [] as Case[]]));
  for (const each of cases) for (const policy of evaluation.concerned(each.principal, each.operation)) found.get(policy)?.push(each);
  concerned = found;
  mutants = policies.flatMap(mutantsOf);
});

/** The first case that ends otherwise, and how; the smaller number of what is allowed is looked at first. */
function firstToTurn(mutant: Mutant): string | null {
  const judge = new Evaluation(
    engine,
    policies.map((each) => (each === mutant.of ? mutant.changed : each)),
  );
  const about = (concerned.get(mutant.of) ?? []).filter(({ operation }) => mutant.concerns(operation.action));
  const first = [...about.filter(({ isAllowed }) => isAllowed), ...about.filter(({ isAllowed }) => !isAllowed)].find(
    ({ principal, operation, layer, isAllowed }) => judge.allows(principal, operation, layer) !== isAllowed,
  );
  return first ? `${first.isAllowed ? 'closes' : 'opens'} “${first.title}”` : null;
}

const byContent = ({ kind, document }: PolicyInTemplate): string =>
  kind + JSON.stringify(document).replace(/us-(east-1|west-2)|222222222222|444444444444/g, '');

describe('the access matrix, by the policies that are synthesised', () => {
  it('each case ends as the table has it', { timeout: MATRIX_MS }, () => {
    // What is allowed always; on a change of what is denied every third.
    const tried = cases.filter(({ isAllowed }, n) => IS_WHOLE || isAllowed || (n + Math.floor(n / 31)) % 3 === 0);
    const wrong = tried.filter(({ principal, operation, layer, isAllowed }) => evaluation.allows(principal, operation, layer) !== isAllowed);
    process.stdout.write(`access matrix: ${tried.length} of ${cases.length} cases, ${cases.filter(({ isAllowed }) => isAllowed).length} allowed\n`);
    expect(wrong.map(({ title, isAllowed }) => `${title}: is ${isAllowed ? 'denied' : 'allowed'}`)).toEqual([]);
    expect(cases.length).toBeGreaterThan(10_000);
  });

  it('every statement and every condition turns a case when it is taken away', { timeout: MATRIX_MS }, () => {
    const seen = new Map(policies.map((policy) => [byContent(policy), policy]).reverse() as [string, PolicyInTemplate][]);
    const isFirst = ({ of }: Mutant): boolean => seen.get(byContent(of)) === of;
    // On a change every third, and none of the same policy in another account or region.
    const tried = mutants.filter((mutant, n) => IS_WHOLE || (isFirst(mutant) && n % 3 === 0)).map((mutant) => ({ ...mutant, turns: firstToTurn(mutant) }));
    held = tried.filter(isFirst).map(({ title, turns }) => ({ what: title.replace(/^rcm-prod-/, ''), turns: turns ?? 'nothing' }));
    process.stdout.write(`access matrix: ${tried.length} of ${mutants.length} statements and conditions taken away one by one\n`);
    expect(tried.filter(({ turns }) => turns === null).map(({ title }) => title)).toEqual([]);
    expect(mutants.length).toBeGreaterThan(200);
  });

  it('is what docs/access-matrix.md shows (RCM_WRITE_ACCESS_MATRIX=yes writes it)', () => {
    const page = rendered({ cases: cases.length, allowed: cases.filter(({ isAllowed }) => isAllowed).length, mutants: mutants.length }, held);
    if (IS_WRITTEN) writeFileSync(PAGE, page);
    const there = readFileSync(PAGE, 'utf8');
    if (IS_WHOLE) expect(there).toBe(page);
    // Its figures, and those that were taken away above.
    else expect(page.split('\n').filter((line) => !there.split('\n').includes(line))).toEqual([]);
  });
});
