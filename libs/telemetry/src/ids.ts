import { z } from 'zod';

/** Ids become paths, tags and policy variables (docs/design.md, Data): the pattern is the database's CHECK, word for word. */
export const ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const idSchema = z.string().regex(ID_PATTERN, 'must be lower-case letters, digits and dashes, 63 at most, not starting with a dash');

export const isId = (text: string): boolean => ID_PATTERN.test(text);
