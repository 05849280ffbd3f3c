import type { Cell } from '../cells/cell.ts';
import type { MatrixEnvironment } from './matrix-environment.ts';
import { type CaseResult, runCase } from './run-case.ts';
import { slots } from './slots.ts';

export interface RunOptions {
  readonly matrix: MatrixEnvironment;
  readonly cells: readonly Cell[];
  /** Cases under way at once. Most of a case is waiting for leases and portals. */
  readonly sideBySide: number;
  /** Rotator processes at work at once: these cost the processor. */
  readonly processes: number;
  readonly signal: AbortSignal;
  /** Told of every case when it ends. */
  readonly onEnd: (result: CaseResult, ended: number) => void;
}

/** Runs the cells side by side, in their order of beginning. */
export async function runCells({ matrix, cells, sideBySide, processes, signal, onEnd }: RunOptions): Promise<CaseResult[]> {
  const parts = { matrix, processSlot: slots(processes) };
  const results: CaseResult[] = [];
  const waiting = [...cells];
  const work = async (): Promise<void> => {
    for (let cell = waiting.shift(); cell && !signal.aborted; cell = waiting.shift()) {
      const result = await runCase(parts, cell).catch((error: unknown) => unjudged(cell, error));
      results.push(result);
      onEnd(result, results.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(sideBySide, cells.length) }, work));
  return results;
}

/** A case that could not be brought to its verdict fails by itself: the others go on, and nothing hides why. */
function unjudged(cell: Cell, error: unknown): CaseResult {
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { cell, findings: [{ failure: 'unexpectedEnd', what: `the case could not be judged: ${why}` }], trail: [], tookMs: 0 };
}
