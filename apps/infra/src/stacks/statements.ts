import type { PolicyDocument, PolicyStatement } from '@rcm/credentials/policies';

/** A statement of the stack's own, whose values may be made by CloudFormation (a key's ARN, a secret's). */
export interface StackStatement extends PolicyStatement {
  /** Why it has a wildcard, where it has one; not deployed. */
  readonly wildcard?: string;
}

export const document = (...statements: readonly StackStatement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements.map(({ wildcard: _, ...statement }) => statement),
});
