/**
 * How alpine shows claims that were found: in pages; in a box that adds rows while it is scrolled; in one whose rows leave the document when they are out of sight;
 * or in pages that a script draws in the place of the one before, late or row by row.
 */
export const listHabits = ['pages', 'scrolled', 'virtual', 'redrawn_late', 'redrawn_by_rows'] as const;
export type ListHabit = (typeof listHabits)[number];

/** What the pages that a script draws say of their end: the truth, or a lie of real lists. */
export const tellings = ['truth', 'stuck', 'ends_early', 'too_many', 'too_few'] as const;
export type Telling = (typeof tellings)[number];

/** How the cells of pages are written. */
export const cellHabits = ['plain', 'hidden_words', 'broken_amounts', 'inputs'] as const;
export type CellHabit = (typeof cellHabits)[number];
