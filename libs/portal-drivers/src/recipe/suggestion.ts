import { CONDITION_KINDS } from './condition.ts';
import { STEP_KINDS } from './step.ts';
import { TARGET_KINDS } from './target.ts';

/** Every key that the format knows somewhere. */
const KEYS: readonly string[] = [
  ...TARGET_KINDS,
  ...CONDITION_KINDS,
  ...STEP_KINDS,
  'version',
  'name',
  'description',
  'step_deadline_ms',
  'session',
  'login',
  'change',
  'logout',
  'tasks',
  'logged_in',
  'logged_out',
  'steps',
  'outcomes',
  'done',
  'when',
  'is',
  'rule',
  'date',
  'in',
  'format',
  'exact',
  'within',
  'frame',
  'into',
  'with',
  'option',
  'on',
  'credential',
  'input',
  'deadline_ms',
  'submit',
  'dialog',
  'answer',
  'rows',
  'each',
  'columns',
  'next_page',
  'max_pages',
  'cell',
  'header',
  'type',
  'pattern',
  'max_length',
];

/** The known key that a misspelt one most likely means; `null` where none is near. */
export function suggestKey(misspelt: string): string | null {
  const [nearest] = KEYS.map((key) => ({ key, distance: distance(misspelt.toLowerCase(), key) })).sort((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= Math.max(1, Math.floor(nearest.key.length / 3)) ? nearest.key : null;
}

/** Edits (insert, delete, replace, swap of neighbours) from one word to the other. */
function distance(from: string, to: string): number {
  const table = Array.from({ length: from.length + 1 }, (_, row) =>
    Array.from({ length: to.length + 1 }, (_, column) => (row === 0 ? column : column === 0 ? row : 0)),
  );
  const at = (row: number, column: number): number => table[row]?.[column] ?? 0;
  for (let row = 1; row <= from.length; row += 1) {
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) best = Math.min(best, at(row - 2, column - 2) + 1);
      const line = table[row];
      if (line) line[column] = best;
    }
  }
  return at(from.length, to.length);
}
