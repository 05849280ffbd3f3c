import type { Command } from 'commander';

/** How a command is called that another program has gathered: its help says what whoever reads it has to type. */
export interface CalledAs {
  /** All words before the options, such as `rcm login set`. */
  readonly words: string;
  /** Its name in its own program; `null`: the whole program goes by the words. */
  readonly command: string | null;
  /** It takes its login as the first word, and not as `--endpoint`. */
  readonly namesLogin: boolean;
}

const LOGIN = '--endpoint';

/** Only what help says becomes another: the words are read as before. */
export function callAs(program: Command, { words, command: name, namesLogin }: CalledAs): void {
  const command = program.commands.find((each) => each.name() === name);
  if (!command) {
    program.name(words);
    return;
  }
  if (namesLogin) command.options.find(({ long }) => long === LOGIN)?.hideHelp();
  command.configureHelp({ ...command.configureHelp(), commandUsage: () => `${words} ${namesLogin ? '<id> ' : ''}${command.usage()}`.trim() });
}
