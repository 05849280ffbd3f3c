import { isId } from '@rcm/telemetry';
import { z } from 'zod';

const uuidSchema = z.uuid();

/**
 * Whether a name is one that a rotation attempt can have: a UUID, as Postgres writes it. Whoever put another beside the copies did not mean a copy.
 * @example
 * ```ts
 * const copies = ['old-copy', crypto.randomUUID()].filter(isAttemptId); // the second alone
 * ```
 */
export const isAttemptId = (name: string): boolean => isId(name) && uuidSchema.safeParse(name).success;
