import type { StoreKind } from '@rcm/test-world';
import { allCells, type Cell } from './cell.ts';

/**
 * A small choice of cells: every act of both strikes once, before it or after it in turn, with the stores and the answers in turn
 * too. What it takes is bounded by the acts, not by the product.
 */
export function quickCells(stores: readonly StoreKind[]): Cell[] {
  const byActs = Map.groupBy(allCells(stores), (cell) => cell.strikes.map(({ act }) => act).join(' '));
  let turn = 0;
  return [...byActs.values()].map((alike) => {
    turn += 1;
    return alike[(turn * 11) % alike.length] as Cell;
  });
}
