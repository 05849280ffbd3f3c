import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R4Checks, NIST80053R5Checks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { beforeAll, expect, it } from 'vitest';
import { backupsElsewhere, type Synthesised, synthesised } from './synthesised.fixture.ts';

const PACKS = [AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R4Checks, NIST80053R5Checks];

/** `construct: rule` of everything that the packs find, whether there is a reason or not. */
let found: ReadonlySet<string>;
/** `construct: rule` → why it is no fault. */
let reasons: ReadonlyMap<string, string>;

beforeAll(() => {
  const all = [synthesised(), synthesised({ change: backupsElsewhere })];
  found = new Set(all.flatMap(findingsIn));
  // CDK gives reasons of its own for what it makes, to a validator of its own.
  reasons = new Map(all.flatMap(({ app }) => app.node.findAll().flatMap(reasonsOf)).filter(([finding]) => !finding.includes('CloudFormation-Validate::')));
});

/** What the packs see before they look for a reason. */
function findingsIn({ app }: Synthesised): readonly string[] {
  return PACKS.flatMap((Pack) => {
    const pack = new Pack(app);
    Object.assign(pack, { isAcknowledged: () => false });
    const { violations } = pack.validateScope(app);
    return violations.flatMap(({ ruleName, violatingResources = [] }) => violatingResources.map(({ constructPath }) => `${constructPath}: ${ruleName}`));
  });
}

function reasonsOf(construct: IConstruct): (readonly [string, string])[] {
  const acknowledged = construct.node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY);
  return acknowledged.flatMap(({ data }) =>
    Object.entries(data as Record<string, string>).map(([rule, reason]) => [`${construct.node.path}: ${rule.replace(/^annotation::/i, '')}`, reason] as const),
  );
}

/** A reason is given to a construct for what is made in it. */
const answers = (finding: string, reason: string): boolean => {
  const [[path = '', rule], [at = '', to]] = [finding.split(': '), reason.split(': ')];
  return rule === to && (path === at || path.startsWith(`${at}/`));
};

it('the packs look at the stacks: they find what is known to be there', () => {
  expect(found.size).toBeGreaterThan(100);
  for (const pack of [/AwsSolutions-IAM5/, /HIPAA\.Security-/, /NIST\.800\.53\.R4-/, /NIST\.800\.53\.R5-/])
    expect([...found].some((each) => pack.test(each))).toBe(true);
});

it('no finding is without a reason', () => {
  const keys = [...reasons.keys()];
  expect([...found].filter((finding) => !keys.some((reason) => answers(finding, reason)))).toEqual([]);
});

it('no reason is without a finding', () => {
  const all = [...found];
  expect([...reasons.keys()].filter((reason) => !all.some((finding) => answers(finding, reason)))).toEqual([]);
});

it('a reason is a sentence', () => {
  expect([...reasons.values()].filter((reason) => !/^[A-Z].{20,}\.$/.test(reason) && reason !== 'The action has no resource.')).toEqual([]);
});
