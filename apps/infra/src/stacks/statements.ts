import type { PolicyDocument, PolicyStatement } from '@rcm/credentials/policies';

/** A statement of the stack's own, whose values may be made by CloudFormation (a key's ARN, a secret's). */
export interface StackStatement extends Omit<PolicyStatement, 'Principal'> {
  readonly Principal?: { readonly AWS: readonly string[] } | { readonly Service: readonly string[] };
}

/** Allows, or denies where a bucket must not be reached in the clear. */
export const document = (...statements: readonly StackStatement[]): PolicyDocument => ({ Version: '2012-10-17', Statement: statements });
