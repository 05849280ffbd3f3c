/** The known word that a misspelt one most likely means; `null` where none is near. */
export function nearestWord(misspelt: string, known: readonly string[]): string | null {
  const [nearest] = known.map((word) => ({ word, edits: edits(misspelt.toLowerCase(), word.toLowerCase()) })).sort((a, b) => a.edits - b.edits);
  return nearest && nearest.edits <= Math.max(1, Math.floor(nearest.word.length / 3)) ? nearest.word : null;
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
