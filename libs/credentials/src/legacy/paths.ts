/** Where something lies in a row's `config`: names of fields, and places in lists. */
export type Place = readonly (string | number)[];

const PLAIN = /^[A-Za-z_][\w-]{0,39}$/;
const MANY_DIGITS = /\d\D*\d\D*\d/;

/**
 * How a place is written for people: `history[].password`. Places in lists are all one. A name that may itself be somebody's (not a plain
 * word, with many digits, or one of `values`) is `*`.
 */
export function pathOf(place: Place, values: ReadonlySet<string> = new Set()): string {
  return place.reduce<string>((path, step) => {
    if (typeof step === 'number') return `${path}[]`;
    const name = PLAIN.test(step) && !MANY_DIGITS.test(step) && !values.has(step.toLowerCase()) ? step : '*';
    return path === '' ? name : `${path}.${name}`;
  }, '');
}

/** The steps of a written path; `null` where it is none. `*` stands for any name, `[]` for any place in a list. */
export function parsePath(path: string): readonly string[] | null {
  const steps = path.split('.').flatMap((part) => {
    const [name = '', ...lists] = part.split('[]');
    return lists.some((rest) => rest !== '') ? [''] : [name, ...lists.map(() => '[]')];
  });
  return steps.some((step) => step === '' || /[[\]]/.test(step.replace('[]', ''))) ? null : steps;
}

/** Everything in `value` that a written path leads to. */
export function placesAt(value: unknown, steps: readonly string[], at: Place = []): Place[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [at];
  if (Array.isArray(value)) return step === '[]' ? value.flatMap((inner, index) => placesAt(inner, rest, [...at, index])) : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (step === '*' || step === name ? placesAt(inner, rest, [...at, name]) : []));
}

export const valueAt = (value: unknown, place: Place): unknown =>
  place.reduce<unknown>(
    (inside, step) => (typeof inside === 'object' && inside !== null ? (inside as Record<string | number, unknown>)[step] : undefined),
    value,
  );
