import type { Secret } from '@rcm/telemetry';
import { secretForms, type SoughtForm } from './secrets/secret-forms.ts';
import { SEARCH_PARTS, secretSearch } from './secrets/search-parts.ts';

/** Knows the secrets of one act, and finds them in text in the forms in which pages and protocols write them, in linear time. */
export interface SecretMask {
  isIn(text: string): boolean;
  /** The text with every secret replaced by `[secret]`. */
  mask(text: string): string;
  /** At how many places of the text a secret ends. */
  count(text: string): number;
  /** Whether a secret, or several, are all that the text holds but for blanks. */
  isAll(text: string): boolean;
  /** Whether the text, without the blanks around it, is a piece of a secret, of two letters at least. */
  isPiece(text: string): boolean;
  /** The secrets that are numbers: as such they are no text any more. */
  readonly numbers: ReadonlySet<number>;
  /** What is sought, for a search inside a page; empty where there is nothing. */
  readonly forms: readonly SoughtForm[];
}

export interface SecretMaskOptions {
  /** Letters that a secret must have to be sought at all. Default 1. */
  readonly shortest?: number;
  /** Letters that it may have at most. Default: any number. */
  readonly longest?: number;
  /** Told how many steps were done: for tests that hold the work to a bound. Default: nobody. */
  readonly visited?: (steps: number) => void;
}

/** So many blanks around a piece are looked past. */
const MOST_BLANKS = 1_000;

export function createSecretMask(secrets: readonly Secret<string>[], options: SecretMaskOptions = {}): SecretMask {
  const { shortest = 1, longest = Infinity, visited = () => undefined } = options;
  const values = [...new Set(secrets.map((secret) => secret.reveal()).filter((value) => value.length >= shortest && value.length <= longest))];
  const forms = values.flatMap(secretForms);
  const folded = values.map((value) => value.toLowerCase());
  const longestValue = Math.max(0, ...values.map(({ length }) => length));
  const search = secretSearch(SEARCH_PARTS, forms, visited);
  return {
    isIn: (text) => search.isIn(text),
    count: (text) => search.count(text),
    mask(text) {
      const ranges = search.ranges(text);
      const kept = [0, ...ranges.map(([, to]) => to)].map((from, index) => text.slice(from, ranges[index]?.[0]));
      return kept.join('[secret]');
    },
    isAll(text) {
      const bare = text.trim();
      const [range] = search.ranges(bare);
      return range?.[0] === 0 && range[1] === bare.length;
    },
    isPiece(text) {
      // Longer texts are no pieces; blanks alone would have to be looked through to know it.
      const bare = text.length > longestValue + MOST_BLANKS ? '' : text.trim().toLowerCase();
      return bare.length >= 2 && folded.some((value) => value.includes(bare));
    },
    numbers: new Set(values.filter((value) => /^\d+(\.\d+)?$/.test(value.trim())).map(Number)),
    forms,
  };
}
