/** Functions and classes as what runs in a page can be given them: an expression for an object of them all. Each uses nothing from outside itself. */
export const sourceOf = (parts: Readonly<Record<string, { toString(): string }>>): string =>
  `{ ${Object.entries(parts)
    .map(([name, part]) => `${name}: ${part.toString()}`)
    .join(', ')} }`;
