import type { Secret } from '@rcm/telemetry';

/** Knows the secrets of one act, and finds them in text in the forms in which pages and protocols write them. */
export interface SecretMask {
  isIn(text: string): boolean;
  /** The text with every secret replaced by `[secret]`. */
  mask(text: string): string;
  /** Finds any of the secrets; `null` where there are none. */
  readonly pattern: RegExp | null;
}

/** Shorter values would be found everywhere (a one-letter test password), so they only count where they stand alone. */
const SHORTEST_SOUGHT = 4;
/** Shorter runs of base64 or hexadecimal digits are in many texts by chance. */
const SHORTEST_ENCODED = 6;

/** `shortest`: letters that a secret must have to be sought at all. Default 1. */
export function createSecretMask(secrets: readonly Secret<string>[], { shortest = 1 }: { readonly shortest?: number } = {}): SecretMask {
  const values = [...new Set(secrets.map((secret) => secret.reveal()).filter((value) => value.length >= shortest))].sort((a, b) => b.length - a.length);
  const source = values.flatMap((value) => [...encodedForms(value), writtenForm(value)]).join('|');
  const [pattern, every] = source === '' ? [null, null] : [new RegExp(source, 'i'), new RegExp(source, 'gi')];
  return {
    isIn: (text) => pattern?.test(text) ?? false,
    mask: (text) => (every === null ? text : text.replace(every, '[secret]')),
    pattern,
  };
}

/** Every letter as itself or escaped, as HTML, JSON, scripts and addresses do it, also mixed; with what drawing may put between letters. */
function writtenForm(value: string): string {
  const letters = [...value].map(letterForms);
  if (value.length < SHORTEST_SOUGHT) return `(?<![^\\s"'=&:;,()])${letters.join('')}(?![^\\s"'=&:;,()])`;
  return letters.join('[\\s\\u200b\\u00ad-]*');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

function letterForms(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const percent = [...Buffer.from(letter)].map((byte) => byte.toString(16).padStart(2, '0'));
  const units = Array.from({ length: letter.length }, (_, at) => `\\\\u${letter.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  const forms = [
    `&#0*${code};`,
    `&#x0*${hex};`,
    units,
    `\\\\u\\{0*${hex}\\}`,
    percent.map((byte) => `%(?:25)*${byte}`).join(''),
    ...(code < 256 ? [`\\\\x${hex.padStart(2, '0')}`] : []),
    ...(ENTITIES[letter] ? [`&${ENTITIES[letter]};`] : []),
    `\\\\{0,3}${escaped(letter)}`,
    // A page draws one space where there are several, and none at the ends.
    ...(/\s/.test(letter) ? ['\\+', '&nbsp;', '\\s*'] : []),
  ];
  return `(?:${forms.join('|')})`;
}

/** Base64 at each of the three ways it can lie in a longer text, and hexadecimal digits. */
function encodedForms(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((before) => {
    const digits = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    return digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const forms = base64
    .filter((digits) => digits.length >= SHORTEST_ENCODED)
    .map((digits) => `${escaped(digits).replaceAll('+', '[+-]').replaceAll('\\[+-]', '[+-]').replaceAll('\\/', '[/_]')}[\\w+/-]?={0,2}`);
  return bytes.length * 2 >= SHORTEST_ENCODED ? [...forms, bytes.toString('hex')] : forms;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
