/** V8's `JSON.isRawJSON`, not yet in TypeScript's lib: a number kept digit by digit (see the payload's reader). */
const { isRawJSON, rawJSON } = JSON as unknown as { isRawJSON(value: unknown): boolean; rawJSON(text: string): unknown };

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJSON(value);

export const isNumber = (value: unknown): boolean => typeof value === 'number' || isRawJSON(value);

/** A number with exactly these digits; the text, where it is none. */
export const numberOf = (text: string): unknown => (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? rawJSON(text) : text);

/** Nothing is said by it, at any depth. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || isRawJSON(value)) return value === null || value === undefined;
  if (typeof value === 'string') return value.trim() === '';
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}

/** One text for all ways to write a value: the order of fields makes no difference, because jsonb changes it. */
export const canonicalText = (value: unknown): string => JSON.stringify(sorted(value));

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isRawJSON(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  // By code unit, not by locale: every process must get the same order.
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
