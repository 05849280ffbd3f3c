import { z } from 'zod';
import { exactlyOne, namePattern } from './rules.ts';
import { nearestWord } from './suggestion.ts';

/** What is typed into a field. A secret is named, never present. */
export interface Value {
  /** `username`, `password`, `new_password` or `custom.<name>`. */
  readonly credential?: string | undefined;
  /** Name of a declared input of the task. */
  readonly input?: string | undefined;
  /** How the portal wants an input that is a date written: `MM/DD/YYYY`. Default `YYYY-MM-DD`. */
  readonly format?: string | undefined;
  /** Literal text that is no secret (a facility, a search mode). */
  readonly text?: string | undefined;
}

const CREDENTIALS = ['username', 'password', 'new_password'] as const;
const CREDENTIAL = /^(username|password|new_password|custom\.[A-Za-z0-9_-]{1,60})$/;

const credentialName = z
  .string()
  .meta({ pattern: CREDENTIAL.source })
  .superRefine((name, context) => {
    if (CREDENTIAL.test(name)) return;
    const params = { suggestion: nearestWord(name, CREDENTIALS) };
    context.addIssue({ code: 'custom', message: 'must be username, password, new_password or custom.<name>', params });
  });

export const valueSchema: z.ZodType<Value> = z
  .strictObject({
    credential: credentialName.optional(),
    input: z.string().regex(namePattern, 'must be the name of a declared input').optional(),
    format: z.string().max(40).optional(),
    text: z.string().max(300).optional(),
  })
  .superRefine((value, context) => {
    exactlyOne(value, ['credential', 'input', 'text'], context);
    if (value.format !== undefined && value.input === undefined)
      context.addIssue({ code: 'custom', path: ['format'], message: 'belongs to an input of type date' });
  })
  .meta({ id: 'value' });
