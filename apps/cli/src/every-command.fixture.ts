import { Command } from 'commander';
import { vi } from 'vitest';
import { type Gathered, GATHERED } from './gathered-commands.ts';
import { runGathered } from './gathered.ts';
import { commandTree } from './tree.ts';

/** A command that does something, as `rcm` is told to do it, with the definition that reads its words. */
export interface Leaf {
  /** The words before its own: `login set`, and the login where it comes first. */
  readonly words: readonly string[];
  readonly command: Command;
  /** It is named by the first word, and known as `--endpoint` to its program. */
  readonly namesLogin: boolean;
}

const nowhere = { write: () => true };

/** Every command of `rcm`, its own and the gathered ones: what is added is in here the same day. */
export async function everyCommand(): Promise<readonly Leaf[]> {
  const own = commandTree({ terminal: { environment: {}, stdout: nowhere, stderr: nowhere }, now: new Date(), print: () => undefined });
  const programs: Partial<Record<Gathered['program'], Command>> = {};
  // As it is called: nothing is done, as its words are not read.
  for (const command of GATHERED)
    programs[command.program] ??= await definitionOf(() =>
      runGathered({ command, rest: ['well'] }, { environment: { RCM_DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' }, stdout: nowhere, stderr: nowhere }),
    );
  const gathered = GATHERED.flatMap(({ path, program, there, namesLogin = false }) => {
    const [top] = leavesOf(programs[program]).filter(({ words }) => there.length > 0 && words.join(' ') === there.join(' '));
    if (there.length > 0) return [{ words: path, command: top?.command ?? missing(path), namesLogin }];
    return leavesOf(programs[program]).map(({ words, command }) => ({ words: [...path, ...words], command, namesLogin }));
  });
  return [...leavesOf(own).map((leaf) => ({ ...leaf, namesLogin: false })), ...gathered];
}

const missing = (path: readonly string[]): never => {
  throw new Error(`rcm ${path.join(' ')} is no command of its program`);
};

function leavesOf(command: Command | undefined, words: readonly string[] = []): readonly Omit<Leaf, 'namesLogin'>[] {
  const below = command?.commands.flatMap((each) => leavesOf(each, [...words, each.name()])) ?? [];
  // Of a gathered command the tree of `rcm` has the name alone.
  const acts = command !== undefined && '_actionHandler' in command && command._actionHandler !== null;
  return acts ? [{ words, command }, ...below] : below;
}

/** What a program is about to read its words by: the definition itself, so that none is written down twice. */
async function definitionOf(start: () => Promise<unknown>): Promise<Command> {
  const seen: Command[] = [];
  const spy = vi.spyOn(Command.prototype, 'parseAsync').mockImplementation(function (this: Command) {
    seen.push(this);
    return Promise.resolve(this);
  });
  try {
    await start();
  } finally {
    spy.mockRestore();
  }
  const [program] = seen;
  if (!program) throw new Error('the program read no words');
  return program;
}
