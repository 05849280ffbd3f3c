import { ANSWER_FACTS, ANSWERS } from './answer.ts';
import type { Cell, Exclusion } from './cell.ts';

/** The cells as a table to be read by eye, then what is left out. */
export function describeCells(cells: readonly Cell[], exclusions: readonly Exclusion[]): string {
  const width = Math.max(...cells.map((cell) => cell.name.length), 0);
  const rows = cells.map(
    ({ name, expected }) => `${name.padEnd(width)}  ${expected.end}, changed ${expected.passwordsChanged}x, refused logins at most ${expected.rejectedAtMost}`,
  );
  const answers = ANSWERS.map((answer) => `  ${answer}: ${ANSWER_FACTS[answer].meaning}`);
  const left = exclusions.map(({ what, reason }) => `  ${what}: ${reason}`);
  return [
    `${cells.length} cells: store / answer of the portal / where the rotator dies / where the next one dies`,
    ...rows,
    'answers',
    ...answers,
    'left out',
    ...left,
    '',
  ].join('\n');
}
