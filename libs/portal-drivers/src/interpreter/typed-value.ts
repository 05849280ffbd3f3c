import type { TypedText } from '../recipe/typed-text.ts';
import type { TaskValue } from '../outcome.ts';
import type { SeenWords } from './seen-words.ts';
import { isMoreThanOneDate, parseDate } from './written-dates.ts';

/** A number, an amount or a date that stands in several pieces: nobody can tell which of them it is, or whether they are one. */
export const isBroken = ({ pieces }: SeenWords, { type = 'text' }: TypedText): boolean => type !== 'text' && pieces > 1;

/** How the words of each type are read; `undefined` where they are not what the recipe says. */
const READ: Readonly<Record<NonNullable<TypedText['type']>, (words: string, typed: TypedText) => string | number | undefined>> = {
  text: (words) => words,
  number: exactNumber,
  money: decimalText,
  date: dateText,
};

/** The value of the words of a page; `undefined` where they are not what the recipe says. Empty words of a text are a text. */
export function typedValue(words: string, typed: TypedText): TaskValue | undefined {
  if (words === '' && typed.may_be_empty) return null;
  return READ[typed.type ?? 'text'](words, typed);
}

function dateText(words: string, { format = '' }: TypedText): string | undefined {
  if (isMoreThanOneDate(words)) return undefined;
  return parseDate(words, format)?.toISOString().slice(0, 10);
}

function exactNumber(words: string, typed: TypedText): number | undefined {
  const digits = decimalText(words, typed);
  return digits !== undefined && isExact(digits) ? Number(digits) : undefined;
}

/** A number of JavaScript keeps fifteen digits; a longer one, a reference number, say, would become another. */
const isExact = (digits: string): boolean => digits.replace(/\D/g, '').replace(/^0+/, '').length <= 15;

/** What groups digits by threes beside a comma or a point: apostrophes, and blanks where the decimal sign is a comma. `120 500` is two numbers elsewhere. */
const groupedBy = (decimal: '.' | ','): string => (decimal === ',' ? "[ '’]" : "['’]");

/** `($1,234.50)` as `-1234.50`: without currency and grouping, as many decimals as the page shows. */
function decimalText(words: string, { decimal = '.' }: TypedText): string | undefined {
  const grouping = decimal === '.' ? ',' : '.';
  const bare = words.replace(/\p{Sc}|\b[A-Z]{3}\b/gu, '').trim();
  const negative = /^\(.*\)$/.test(bare) || /^[-−]|[-−]$/.test(bare);
  const unsigned = bare
    .replace(/^\((.*)\)$/, '$1')
    .replace(/^[-−+]|[-−]$/g, '')
    .trim();
  const other = groupedBy(decimal);
  const whole = new RegExp(`^(\\d+|\\d{1,3}(\\${grouping}\\d{3})+|\\d{1,3}(${other}\\d{3})+)(\\${decimal}\\d+)?$`);
  if (!whole.test(unsigned)) return undefined;
  const plain = unsigned
    .replaceAll(grouping, '')
    .replaceAll(new RegExp(other, 'g'), '')
    .replace(decimal, '.')
    .replace(/^0+(?=\d)/, '');
  return negative && /[1-9]/.test(plain) ? `-${plain}` : plain;
}
