import { Validations } from 'aws-cdk-lib';
import type { PolicyStatement } from '@rcm/credentials/policies';
import type { IConstruct } from 'constructs';

/** Packs of cdk-nag, by how their rules' names begin. */
const PACKS = { hipaa: 'HIPAA.Security', nist4: 'NIST.800.53.R4', nist5: 'NIST.800.53.R5', solutions: 'AwsSolutions' } as const;
export type Pack = keyof typeof PACKS;

/** Says why a finding of cdk-nag is no fault here. A test finds a reason that no finding needs, and a finding that has none. */
export function because(construct: IConstruct, reason: string, rule: string, ...packs: readonly Pack[]): void {
  Validations.of(construct).acknowledge(...packs.map((pack) => ({ id: `${PACKS[pack]}-${rule}`, reason })));
}

/** The same for each wildcard in a policy's statements; cdk-nag names each by itself. */
export function wildcardsBecause(construct: IConstruct, statements: readonly (PolicyStatement & { readonly wildcard?: string })[], reason?: string): void {
  const found = new Map<string, string>();
  for (const { Sid, Action, Resource = [], wildcard = reason } of statements) {
    const named = [...Action.map((action) => `Action::${action}`), ...Resource.map((resource) => `Resource::${resource}`)].filter((each) => each.includes('*'));
    if (named.length > 0 && wildcard === undefined) throw new Error(`${construct.node.path}: ${Sid} has a wildcard and no reason for it.`);
    // As cdk-nag writes what IAM fills in.
    for (const each of named) found.set(each.replace(/\$\{([^}]*)\}/g, '<$1>'), wildcard ?? '');
  }
  for (const [finding, why] of found) because(construct, why, `IAM5[${finding}]`, 'solutions');
}
