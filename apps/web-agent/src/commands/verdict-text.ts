import { printable } from '@rcm/telemetry';
import type { WrittenVerdict } from '../tasks/verdict.ts';

/** What became of a task, for people. A row is a line, and nothing that a page shows steers their terminal. */
export const verdictText = (verdict: WrittenVerdict): string => linesOf(verdict).map(printable).join('\n');

function linesOf(verdict: WrittenVerdict): readonly string[] {
  switch (verdict.kind) {
    case 'succeeded':
      return verdict.result.found ? verdict.result.rows.map(rowLine) : ['nothing found'];
    case 'put_off':
      return [`put off: ${verdict.reason}; it is queued and comes back by itself`];
    case 'retry':
      return [`${verdict.message} It is queued and comes back by itself.`];
    case 'failed':
      return [`failed (${verdict.code}): ${verdict.message}`];
    case 'lost':
      return ['the task was cancelled meanwhile, or another web-agent has it: nothing of this try was kept, and nothing of it is shown'];
  }
}

const rowLine = (row: object): string =>
  Object.entries(row)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('  ');
