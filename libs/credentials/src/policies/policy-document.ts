/** An IAM policy as AWS takes it: plain JSON, nothing else in it. */
export type PolicyDocument = {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
};

export interface PolicyStatement {
  /** Letters and digits only; says what the statement is for. */
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  /** Only in a policy of a resource: a role's trust, a key's policy. */
  readonly Principal?: { readonly AWS: readonly string[] } | { readonly Service: readonly string[] };
  readonly Action: readonly string[];
  /** Not in a trust policy, where the role itself is the resource. */
  readonly Resource?: readonly string[];
  /** Every resource but these; only in the guardrail. */
  readonly NotResource?: readonly string[];
  readonly Condition?: PolicyConditions;
}

/** Operator → condition key → values, of which one must fit (for a negated operator: none may). */
export type PolicyConditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/**
 * A document that allows. There is no Deny in it: whatever is not allowed is refused, and a Deny on a tag that a session lacks would
 * never fire. Only the guardrail denies, which stands above what others in the account were allowed (`guardrail.ts`).
 */
export const policyDocument = (...statements: readonly PolicyStatement[]): PolicyDocument => ({ Version: '2012-10-17', Statement: statements });
