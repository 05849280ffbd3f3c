import type { Command } from 'commander';

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
