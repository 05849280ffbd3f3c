import { bytesOf, normalForms } from './encodings.ts';

/** One way in which a secret may be written, as the letters that have to be met. */
export interface SoughtForm {
  /** Code points, without blanks. */
  readonly letters: readonly number[];
  /** Letters (by their place in `letters`) after which the secret has a blank. */
  readonly blanksAfter: readonly number[];
  /**
   * `written`: each letter as itself or escaped, with what drawing may put between letters. `alone`: the same without anything
   * between, and only where it stands alone. `encoded`: base64 digits. `digits`: as they are.
   */
  readonly how: 'written' | 'alone' | 'encoded' | 'digits';
  /** Letters that stand in the secret behind those: a long one is sought by its beginning. */
  readonly beyond: readonly number[];
}

/** Shorter values would be found everywhere (a one-letter test password), so they only count where they stand alone. */
const SHORTEST_SOUGHT = 4;
/** Shorter runs of base64 or hexadecimal digits are in many texts by chance. */
const SHORTEST_ENCODED = 6;
/** So many letters of a form are sought, so that the work for a character of a text is bounded however long a secret is. */
const MOST_LETTERS = 128;

/** How pages, scripts, addresses and protocols may write a secret: in each normal form, its letters, its bytes in each encoding as letters, and as digits. */
export function secretForms(value: string): SoughtForm[] {
  const texts = normalForms(value);
  const bytes = texts.flatMap(bytesOf);
  // The empty bytes of wide letters are separators.
  const asLetters = bytes.map((each) => each.toString('latin1').replaceAll('\0', ''));
  // Nothing but blanks: as it stands, and only where it is too long to be between any two words.
  if (value.trim() === '') return value.length < SHORTEST_SOUGHT ? [] : [exactly(value, 'digits')];
  const how = value.length < SHORTEST_SOUGHT ? 'alone' : 'written';
  // Bytes that are all blanks say nothing.
  const written = [...texts, ...asLetters].filter((text) => text.trim() !== '').map((text) => writtenForm(text, how));
  const forms = [...written, ...bytes.flatMap(encodedForms)];
  return [...new Map(forms.map((form) => [JSON.stringify([form.how, form.letters, form.blanksAfter]), form])).values()];
}

function writtenForm(text: string, how: 'written' | 'alone'): SoughtForm {
  const letters: number[] = [];
  const blanksAfter: number[] = [];
  for (const letter of text.trim()) {
    // A page draws one blank where there are several, and none at the ends.
    if (/\s/.test(letter)) blanksAfter.push(letters.length - 1);
    else letters.push(letter.codePointAt(0) ?? 0);
  }
  return cut({ letters, blanksAfter: [...new Set(blanksAfter)], how, beyond: [] });
}

/** Base64 at each of the three ways it can lie in a longer text, and hexadecimal digits. */
function encodedForms(bytes: Buffer): SoughtForm[] {
  const base64 = [0, 1, 2].map((before) => {
    const digits = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    return digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const forms = base64.filter((digits) => digits.length >= SHORTEST_ENCODED).map((digits) => exactly(digits, 'encoded'));
  return bytes.length * 2 >= SHORTEST_ENCODED ? [...forms, exactly(bytes.toString('hex'), 'digits')] : forms;
}

const exactly = (digits: string, how: SoughtForm['how']): SoughtForm =>
  cut({ letters: [...digits].map((digit) => digit.codePointAt(0) ?? 0), blanksAfter: [], how, beyond: [] });

function cut({ letters, blanksAfter, how }: SoughtForm): SoughtForm {
  const beyond = [...new Set(letters.slice(MOST_LETTERS))];
  return { letters: letters.slice(0, MOST_LETTERS), blanksAfter: blanksAfter.filter((index) => index < MOST_LETTERS - 1), how, beyond };
}
