import type { StoreKind } from '@rcm/test-world';
import { allCells, type Cell } from './cell.ts';

/**
 * A small choice of cells in which every store, every answer and every moment of both strikes comes up at least once: each cell
 * that brings something not seen before is taken, the stores and answers in turn.
 */
export function quickCells(stores: readonly StoreKind[]): Cell[] {
  const byMoments = Map.groupBy(allCells(stores), (cell) => JSON.stringify(cell.strikes));
  let turn = 0;
  return [...byMoments.values()].map((alike) => {
    turn += 1;
    return alike[(turn * 5) % alike.length] as Cell;
  });
}
