import type { Command } from 'commander';
import { actorIssuer, signedInPerson } from '@rcm/credentials';
import { printable, RcmError } from '@rcm/telemetry';
import { jsonLine } from '@rcm/telemetry/json-shape';
import type { RotatorConfig } from '../config.ts';
import type { RotatorProcess } from '../services.ts';
import type { Output } from './options.ts';

/** What every command is given. */
export interface CommandContext {
  readonly opened: RotatorProcess;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

export type Act = (context: CommandContext, config: RotatorConfig) => Promise<number>;

/** Adds a command that takes `--json`. */
export type AddCommand = (name: string, description: string) => Command;

/** Opens the rotator for a command's act, and keeps its exit code. */
export type RunCommand = (options: Output, act: Act) => Promise<void>;

/** A person's act: who, and why, for the audit trail. */
export interface PersonalAct {
  readonly actor: string;
  readonly reason: string;
}

/** Where a command asks who signed in; a command that needs no store has the operating system's word. */
type Asking = Partial<Pick<RotatorConfig, 'RCM_AWS_REGION' | 'RCM_AWS_ENDPOINT' | 'RCM_ACTOR_ISSUER' | 'RCM_ACTOR_CLIENT_ID'>>;

/**
 * The person behind the command is who signed in, whatever `--actor` says: that is written down beside it. A dry run changes nothing, so nobody
 * is asked who they are or why. Fails with `input_invalid`, where no reason is given among others.
 */
export async function personalAct(
  options: { readonly actor?: string; readonly reason?: string; readonly dryRun?: boolean },
  asking: Asking,
): Promise<PersonalAct> {
  if (options.dryRun) return { actor: 'nobody', reason: 'a dry run' };
  const reason = saidWhy(options);
  const { RCM_AWS_REGION: region, RCM_AWS_ENDPOINT: endpoint } = asking;
  return {
    actor: await signedInPerson({ issuer: actorIssuer(asking), aws: region === undefined ? null : { region, endpoint }, claimed: options.actor }),
    reason,
  };
}

/** Fails with `input_invalid` where no reason is given. */
export function saidWhy(options: { readonly reason?: string }): string {
  const reason = options.reason?.trim() ?? '';
  if (reason === '') throw new RcmError('input_invalid', 'Say why, with --reason "…": it goes into the audit trail. Nothing was changed.');
  return reason;
}

/** For whoever does what a person has asked for a while ago. */
export interface DoneLater {
  /** Asked once it is known what would be done, before anything is. Fails where that is not to be done any more. Default: nothing is asked. */
  readonly mustBeWanted?: (() => Promise<void>) | undefined;
}

/** One JSON object, or lines for people, on stdout: what is quoted of the database or a portal steers no terminal. */
export function print(context: Pick<CommandContext, 'json'>, json: object, lines: readonly string[]): void {
  process.stdout.write(context.json ? jsonLine(json) : `${lines.map(printable).join('\n')}\n`);
}
