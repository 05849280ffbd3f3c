import { userInfo } from 'node:os';
import { RcmError } from '@rcm/telemetry';
import type { RotatorProcess } from '../services.ts';

/** What every command is given. */
export interface CommandContext {
  readonly opened: RotatorProcess;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** A person's act: who, and why, for the audit trail. */
export interface PersonalAct {
  readonly actor: string;
  readonly reason: string;
}

/** The person behind the command: as named, else the account that the operating system runs it under. */
export function personalAct(options: { readonly actor?: string; readonly reason?: string }): PersonalAct {
  const reason = options.reason?.trim() ?? '';
  if (reason === '') throw new RcmError('input_invalid', 'Say why, with --reason "…": it goes into the audit trail. Nothing was changed.');
  return { actor: `person:${options.actor ?? userInfo().username}`, reason };
}

/** One JSON object, or lines for people, on stdout. */
export function print(context: Pick<CommandContext, 'json'>, json: unknown, lines: readonly string[]): void {
  process.stdout.write(context.json ? `${JSON.stringify(json)}\n` : `${lines.join('\n')}\n`);
}
