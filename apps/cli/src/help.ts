import { isRcmError } from '@rcm/telemetry';
import { CommanderError } from 'commander';
import { gatheredFor } from './gathered-commands.ts';
import { takeGlobals } from './globals.ts';
import type { Terminal } from './terminal.ts';
import { commandTree } from './tree.ts';

const ASKS: ReadonlySet<string> = new Set(['--help', '-h', '--version']);

/** Whether the words only ask what there is: that is answered without loading anything that works. What is said to `rcm` itself may stand before them. */
export function asksForHelp(argv: readonly string[]): boolean {
  const words = wordsOf(argv);
  if (words.includes('--json') || gatheredFor(words) !== null) return false;
  return words[0] === 'help' || words[0] === 'completion' || words.some((word) => ASKS.has(word));
}

/** None where a word to `rcm` itself is wrong, which is then said as of any call. */
function wordsOf(argv: readonly string[]): readonly string[] {
  try {
    return takeGlobals(argv).rest;
  } catch (error) {
    if (isRcmError(error)) return [];
    throw error;
  }
}

/** Help, version or a completion script; returns the exit code. It is given no configuration, so that it could do nothing else. */
export async function answerHelp(argv: readonly string[], screens: Omit<Terminal, 'environment'>): Promise<number> {
  const nothing = (): never => {
    throw new Error('help prints by itself');
  };
  try {
    await commandTree({ terminal: { ...screens, environment: {} }, now: new Date(), print: nothing }).parseAsync([...wordsOf(argv)], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}
