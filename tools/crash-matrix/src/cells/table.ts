import { ANSWER_FACTS } from './answer.ts';
import type { Cell, Exclusion } from './cell.ts';
import { SCENARIO_MEANING } from './scenario.ts';
import { PORTAL_FACTS } from './portal.ts';

/** The cells as a table to be read by eye, then what their words mean and what is left out. */
export function describeCells(cells: readonly Cell[], exclusions: readonly Exclusion[]): string {
  const width = Math.max(...cells.map((cell) => cell.name.length), 0);
  const meanings = (words: Readonly<Record<string, string>>): string[] => Object.entries(words).map(([word, meaning]) => `  ${word}: ${meaning}`);
  const meaningsOf = (facts: Readonly<Record<string, { readonly meaning: string }>>): string[] =>
    meanings(Object.fromEntries(Object.entries(facts).map(([word, { meaning }]) => [word, meaning])));
  return [
    `${cells.length} cells: store / portal, where it is not plain / its answer / scenario, where none is killed alone / where the rotator dies or is stopped / where the next one is / what the database loses`,
    ...cells.map(({ name, expected }) => `${name.padEnd(width)}  ${describeEnd(expected)}`),
    'portals',
    ...meaningsOf(PORTAL_FACTS),
    'answers',
    ...meaningsOf(ANSWER_FACTS),
    'scenarios',
    ...meanings(SCENARIO_MEANING),
    'loses',
    '  the database that takes over lacks this write to the journal, and whatever was committed for the login after it',
    'left out',
    ...exclusions.map(({ what, reason }) => `  ${what}: ${reason}`),
    '',
  ].join('\n');
}

function describeEnd({ end, passwordsChanged, rejectedAtMost }: Cell['expected']): string {
  const refused = rejectedAtMost === null ? 'refused logins inside the budget' : `refused logins at most ${rejectedAtMost}`;
  return `${end === 'any' ? 'an agent gets in' : end}, changed ${passwordsChanged}x, ${refused}`;
}
