import type { StoreKind } from '@rcm/test-environment';
import { ANSWER_FACTS, UNTRUE_ANSWERS } from './answer.ts';
import { type Cell, productCells } from './cell.ts';
import { crossedCells } from './crossings.ts';

/**
 * A small choice of cells: one of each crossed circumstance, then every act of both crashPoints once, before it or after it in turn, with the stores and the
 * answers in turn too. What it takes is bounded by the acts and the circumstances, not by the product. Those that wait the longest come first.
 */
export function quickCells(stores: readonly StoreKind[]): Cell[] {
  const byActs = Map.groupBy(productCells(stores), (cell) => cell.crashPoints.map(({ act }) => act).join(' '));
  const byCircumstance = Map.groupBy(crossedCells(stores), circumstanceOf);
  let turn = 0;
  return [...byCircumstance.values(), ...byActs.values()].map((alike) => {
    turn += 1;
    return alike[(turn * 11) % alike.length] as Cell;
  });
}

/** Of those the fewest: one of each crossed circumstance, and of the others whatever has an act, a store or an answer that none before it had. */
export function fewestCells(stores: readonly StoreKind[]): Cell[] {
  const seen = new Set<string>();
  return quickCells(stores).filter((cell) => {
    const { store, answer, crashPoints } = cell;
    const words = [store, answer, ...crashPoints.map(({ act }) => act)];
    const isNew = circumstanceOf(cell) !== 'plain' || words.some((word) => !seen.has(word));
    if (isNew) for (const word of words) seen.add(word);
    return isNew;
  });
}

/** What a crossed cell has that the whole product has not. */
export function circumstanceOf({ portal, answer, scenario, loses }: Cell): string {
  if (loses !== null) return 'forgetful';
  if (scenario !== 'killed') return scenario;
  if (portal !== 'plain') return portal;
  if (ANSWER_FACTS[answer].isLate) return 'late';
  return (UNTRUE_ANSWERS as readonly string[]).includes(answer) ? 'lying' : 'plain';
}
