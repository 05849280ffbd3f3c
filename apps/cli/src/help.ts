import { CommanderError } from 'commander';
import { gatheredFor } from './gathered-commands.ts';
import type { Terminal } from './terminal.ts';
import { commandTree } from './tree.ts';

const ASKS: ReadonlySet<string> = new Set(['--help', '-h', '--version']);

/** Whether the words only ask what there is: that is answered without loading anything that works. */
export const asksForHelp = (argv: readonly string[]): boolean =>
  !argv.includes('--json') && gatheredFor(argv) === null && (argv[0] === 'help' || argv[0] === 'completion' || argv.some((word) => ASKS.has(word)));

/** Help, version or a completion script; returns the exit code. It is given no configuration, so that it could do nothing else. */
export async function answerHelp(argv: readonly string[], screens: Omit<Terminal, 'environment'>): Promise<number> {
  const nothing = (): never => {
    throw new Error('help prints by itself');
  };
  try {
    await commandTree({ terminal: { ...screens, environment: {} }, now: new Date(), print: nothing }).parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}
