import type { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import type { Operation, Service } from '../operation.ts';

type Issue = z.core.$ZodIssue;

/**
 * Checks the shape of an input against the operation and says what is wrong as AWS does ("1 validation error detected: …"),
 * but without the value: it may be a secret.
 */
export function readInput(service: Service, operation: Operation, raw: unknown): unknown {
  const parsed = operation.input.safeParse(raw, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues;
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown) throw new AwsError(service.validationCode, `local-aws does not implement the member ${unknown.keys.join(', ')}.`);
  if (issues.some(isWrongType)) throw new AwsError('SerializationException', `The request's member ${pathOf(issues.find(isWrongType))} has the wrong type.`);
  const problems = issues.map((issue) => `Value at '${pathOf(issue)}' failed to satisfy constraint: ${constraint(issue)}`);
  throw new AwsError(service.validationCode, `${problems.length} validation error${problems.length > 1 ? 's' : ''} detected: ${problems.join('; ')}`);
}

const isWrongType = (issue: Issue): boolean => issue.code === 'invalid_type' && issue.input !== undefined && issue.input !== null;

/** `Names[0]` → `names.1.member`, the way AWS writes a path. */
function pathOf(issue: Issue | undefined): string {
  const parts = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `${part + 1}.member` : lowerFirst(String(part))));
  return parts.join('.') || 'request';
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

function constraint(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return 'Member must not be null';
    case 'too_big':
      return issue.origin === 'number'
        ? `Member must have value less than or equal to ${issue.maximum}`
        : `Member must have length less than or equal to ${issue.maximum}`;
    case 'too_small':
      return issue.origin === 'number'
        ? `Member must have value greater than or equal to ${issue.minimum}`
        : `Member must have length greater than or equal to ${issue.minimum}`;
    case 'invalid_format':
      return `Member must satisfy regular expression pattern: ${'pattern' in issue ? issue.pattern : issue.format}`;
    case 'invalid_value':
      return `Member must satisfy enum value set: [${issue.values.join(', ')}]`;
    default:
      return issue.message;
  }
}
