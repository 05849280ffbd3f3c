import { type Command, InvalidArgumentError, Option } from 'commander';

/** How a command answers, and whether it acts. */
export interface Output {
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

/** Who says so, and why. */
export interface Person {
  readonly actor?: string;
  readonly reason?: string;
}

export const person = (command: Command): Command =>
  command.option('--reason <text>', 'why, for the audit trail').option('--actor <name>', 'what you call yourself, beside who signed in');

/** Of a portal type's file: on which version it was made. */
export const stands = new Option(
  '--stands <version>',
  'save the file only if it still stands so, as `portal-type diff` says; default: as it stands when the command begins',
).argParser((text: string): string => {
  if (!/^([0-9a-f]{32}|none)$/.test(text)) throw new InvalidArgumentError('It must be a version as `portal-type diff` says it, or none.');
  return text;
});
