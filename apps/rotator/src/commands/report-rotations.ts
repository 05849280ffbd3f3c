import type { RotationOutcome } from '../schedule/rotation-outcome.ts';
import { type CommandContext, print } from './command.ts';

export function report(context: CommandContext, outcomes: readonly RotationOutcome[]): number {
  const lines = outcomes.map((o) => `${o.endpointId}  ${o.result}${o.detail ? `  ${o.detail}` : ''}`);
  print(context, { rotations: outcomes }, [...lines, `${outcomes.filter((o) => o.result === 'done').length} of ${outcomes.length} rotated`]);
  return outcomes.every((o) => o.result === 'done') ? 0 : 1;
}
