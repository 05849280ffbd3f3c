import { z } from 'zod';
import { codeLifeSchema } from './code-life.ts';
import { NEEDS_ONE } from './rules.ts';

const PLACE = '{code}';
/** A message with a code is a few lines; of what is longer nothing is looked at. In characters. */
const LONGEST_MESSAGE = 20_000;
/** Fewer words than this would fit any message. In characters. */
const FEWEST_WORDS = 6;
/** Digits, in two pieces of one length with a blank or a dash between them, as messages show them, or in one; none before and none behind. */
const CODE = '(?<![0-9])([0-9]{3}[ -][0-9]{3}|[0-9]{4}[ -][0-9]{4}|[0-9]{4,10})(?![0-9])';

/** What a portal's messages with codes look like, and for how long their codes are good. */
export const sentCodesSchema = z
  .strictObject({
    from: z
      .array(z.string().trim().min(3, 'must be a number, a name or a mail address').max(254))
      .min(1)
      .max(20)
      .optional()
      .describe('Whom they come from: numbers as +15551230100, short codes, names, mail addresses.'),
    pattern: z
      .string()
      .trim()
      .max(200, 'must be at most 200 characters')
      .refine((text) => text.split(PLACE).length === 2, `must have ${PLACE} once`)
      .refine(
        (text) => spaced(text).replace(PLACE, '').trim().length >= FEWEST_WORDS,
        `must have ${FEWEST_WORDS} characters beside ${PLACE}, so that no other message fits`,
      )
      .optional()
      .describe('Words of theirs, with {code} where the code stands. Case and line breaks do not matter.'),
    valid: codeLifeSchema.optional().describe('For how long a code is good, where that is for more than the login that it was sent for.'),
  })
  .superRefine(({ from, pattern, valid }, context) => {
    if (from === undefined && pattern === undefined && valid === undefined) context.addIssue({ code: 'custom', message: `${NEEDS_ONE}: pattern, valid` });
    if (from === undefined && pattern !== undefined)
      context.addIssue({ code: 'custom', path: ['pattern'], message: 'needs from: whom such messages come from' });
    if (from !== undefined && pattern === undefined) context.addIssue({ code: 'custom', path: ['from'], message: 'needs pattern: the words of such messages' });
  });

export type SentCodes = z.infer<typeof sentCodesSchema>;

export interface SentMessage {
  readonly from: string;
  readonly text: string;
}

/**
 * The code that a message holds, where it comes from the portal and has its words; `null`: it is no message of the portal's, or has two different codes. In linear time: words are looked
 * for as they stand, and a code has an end.
 */
export function codeIn({ from, pattern }: SentCodes, message: SentMessage): string | null {
  if (!from || pattern === undefined || message.text.length > LONGEST_MESSAGE || !from.some((sender) => senderName(sender) === senderName(message.from)))
    return null;
  const [before = '', after = ''] = spaced(pattern).split(PLACE).map(literal);
  const found = spaced(message.text).matchAll(new RegExp(`${before}${CODE}${after}`, 'g'));
  const codes = new Set([...found].map(([, code = '']) => code.replace(/[ -]/g, '')));
  return codes.size === 1 ? ([...codes][0] ?? null) : null;
}

const spaced = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ');
const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** `Alpine Health <codes@alpine.example>` is the address in it; a number is its digits. */
function senderName(sender: string): string {
  const text = sender.trim().toLowerCase();
  const address = text.endsWith('>') ? text.slice(text.lastIndexOf('<') + 1, -1) : text;
  return /^[+\d\s().-]+$/.test(address) ? address.replace(/[\s().-]/g, '') : address;
}
