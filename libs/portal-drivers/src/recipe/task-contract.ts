import { z } from 'zod';
import { CONTRACT_NAMES } from '../contract/contracts.ts';
import { currencyProblem } from '../contract/currency.ts';
import { definedName } from './rules.ts';
import { nearestWord } from './suggestion.ts';

const currency = z.string().superRefine((code, context) => {
  const problem = currencyProblem(code);
  if (problem === null) return;
  context.addIssue({ code: 'custom', message: problem, params: { suggestion: code === code.toUpperCase() ? null : nearestWord(code, [code.toUpperCase()]) } });
});

/** The portal's words, as they stand in its cell; what they mean is a word of the contract. Blanks and case are looked at by `checkContract`. */
const meanings = z.record(z.string().min(1, 'must not be empty').max(300, 'must be at most 300 characters'), definedName);

/** Which contract a task fulfils, and where the portal's page has what it promises. */
export const taskContractSchema = z.strictObject({
  /** Default: the contract of the task's own name. */
  is: z.enum(CONTRACT_NAMES).optional(),
  /** Of every amount of the task. What the page shows must not say another one. */
  currency: currency.optional(),
  /** By field of the contract: the column or field of the task that holds it. */
  values: z.record(definedName, definedName).optional(),
  /** By field of a fixed set: what each of the portal's words means. */
  words: z.record(definedName, meanings).optional(),
  /** What the task's file is, where the values are in it and not on the page. */
  file: z.literal('x12_835', 'must be x12_835: no other file is read').optional(),
});

export type TaskContract = z.infer<typeof taskContractSchema>;
