/** The known word that a misspelt one most likely means; `null` where none is near. Of two equally near, the one of which a letter was lost or doubled. */
export function nearestWord(misspelt: string, known: readonly string[]): string | null {
  const typed = misspelt.toLowerCase();
  const [nearest] = known
    .map((word) => ({ word, edits: edits(typed, word.toLowerCase()), slipped: isWithin(typed, word) || isWithin(word, typed) ? 0 : 1 }))
    .sort((a, b) => a.edits - b.edits || a.slipped - b.slipped);
  return nearest && nearest.edits <= Math.max(1, Math.floor(nearest.word.length / 3)) ? nearest.word : null;
}

/** Whether a word's letters are all in the other one, in their order. */
function isWithin(letters: string, word: string): boolean {
  let place = 0;
  for (const letter of word) if (letter === letters[place]) place += 1;
  return place === letters.length;
}

/** Edits (insert, delete, replace, swap of neighbours) from one word to the other. */
function edits(from: string, to: string): number {
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
