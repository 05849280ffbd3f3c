type Parts = Readonly<Record<string, { toString(): string }>>;

/** Functions and classes as what runs in a page can be given them: an expression for an object of them all. Each uses nothing from outside itself. */
export const sourceOf = (parts: Parts): string =>
  `{ ${Object.entries(parts)
    .map(([name, part]) => `${name}: ${part.toString()}`)
    .join(', ')} }`;

/** A function for the page that is given its parts as its last argument. */
export const withParts = <A extends unknown[], P extends Parts, R>(act: (...given: [...A, P]) => R, parts: P): ((...given: A) => R) =>
  sentAs(`(...given) => (${act.toString()})(...given, ${sourceOf(parts)})`);

/** Stands for what runs in a page: the driver sends a function as its source, and nobody calls it here. */
export const sentAs = (source: string): (() => never) => Object.assign((): never => raise(), { toString: () => source });

const raise = (): never => {
  throw new Error('This runs in a page.');
};
