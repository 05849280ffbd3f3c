import type { RotationOutcome } from '../schedule/rotation-outcome.ts';
import { type CommandContext, print } from './command.ts';

export function report(context: CommandContext, outcomes: readonly RotationOutcome[]): number {
  print(context, { rotations: outcomes }, linesOf(outcomes));
  return areDone(outcomes) ? 0 : 1;
}

/** What a command came to that goes through logins. `isWhole`: it is known to have come to its end; what was stopped before may have left any. */
export interface Walked {
  readonly outcomes: readonly RotationOutcome[];
  readonly isWhole: boolean;
}

export function reportWalk(context: CommandContext, { outcomes, isWhole }: Walked): void {
  const stopped = isWhole ? [] : ['Stopped before it was known that this is all; run it again.'];
  print(context, { rotations: outcomes, interrupted: !isWhole }, [...linesOf(outcomes), ...stopped]);
}

export const areDone = (outcomes: readonly RotationOutcome[]): boolean => outcomes.every(({ result }) => result === 'done');

function linesOf(outcomes: readonly RotationOutcome[]): readonly string[] {
  const lines = outcomes.map((o) => `${o.endpointId}  ${o.result}${o.detail ? `  ${o.detail}` : ''}`);
  return [...lines, `${outcomes.filter((o) => o.result === 'done').length} of ${outcomes.length} rotated`];
}
