import { z } from 'zod';

/** Text that a recipe holds: words of the portal, a selector. Bounded, never blank. */
export const words = z.string().trim().min(1, 'must not be empty').max(300, 'must be at most 300 characters');

/** Names that a recipe defines: records, inputs, columns, rules. They become keys in JSON. */
export const namePattern = /^[a-z][a-z0-9_]{0,39}$/;
export const definedName = z.string().regex(namePattern, 'must be lower-case letters, digits and underscores, starting with a letter');

/** Milliseconds a step may take. */
export const deadline = z.int().min(100).max(120_000);

/** How the problem begins that none of several keys is given. */
export const NEEDS_ONE = 'needs one of';

/** Adds a problem unless exactly one of `keys` is given. */
export function exactlyOne(value: object, keys: readonly string[], context: z.core.$RefinementCtx): void {
  const given = keys.filter((key) => (value as Record<string, unknown>)[key] !== undefined);
  if (given.length === 1) return;
  const choice = keys.join(', ');
  context.addIssue({
    code: 'custom',
    message: given.length === 0 ? `${NEEDS_ONE}: ${choice}` : `has ${given.join(' and ')}, but needs exactly one of: ${choice}`,
  });
}
