import { nearestIssues, RcmError } from '@rcm/telemetry';
import type { z } from 'zod';

/** Fails with `request_invalid`, which names the places that are wrong and never what stands there. */
export function parsed<S extends z.ZodType>(schema: S, value: unknown, what: string): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const known = (path: readonly PropertyKey[]): string => (path[0] === 'input' && path.length > 1 ? 'input' : path.join('.'));
  const places = [...new Set(nearestIssues(result.error.issues).map((issue) => (issue.path.length > 0 ? known(issue.path) : 'its fields')))];
  throw new RcmError('request_invalid', `${what} is not as /v1/openapi.json says: ${places.join(', ')}.`);
}
