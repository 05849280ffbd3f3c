import type { StoreKind } from '@rcm/test-environment';
import { type Cell, productCells } from './cell.ts';
import { crossedCells } from './crossings.ts';

/** Every cell. Those of the crossed circumstances mostly wait (for codes, for locks, for late portals), so they lie evenly between those that cost the processor. */
export function allCells(stores: readonly StoreKind[]): Cell[] {
  const [product, crossed] = [productCells(stores), crossedCells(stores)];
  const upTo = (index: number): number => Math.floor((index * crossed.length) / product.length);
  return product.flatMap((cell, index) => [...crossed.slice(upTo(index), upTo(index + 1)), cell]);
}
