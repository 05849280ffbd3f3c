import type { Command } from 'commander';
import { readBreakGlassCommand } from '../break-glass/read.ts';
import { type AddCommand, personalAct, type RunCommand } from './command.ts';
import { keysCommand, moveKeysCommand } from './keys.ts';
import { type Output, person, type Person } from './options.ts';

const AS_ASKED = 'as asked for'; // The reason stands in the request.

/** A password for a person's eyes, and the keys that everything lies under. */
export function addSecrets(program: Command, command: AddCommand, run: RunCommand): void {
  program
    .command('break-glass')
    .description('show the password that you asked for and a second person approved, once, at this terminal (docs/break-glass.md)')
    .argument('<request>', 'its id, from `rcm break-glass request`')
    .option('--actor <name>', 'what you call yourself, beside who signed in')
    .action((requestId: string, { actor: claimed }: Pick<Person, 'actor'>) =>
      run({}, async (context, config) => {
        const { actor } = await personalAct({ ...(claimed === undefined ? {} : { actor: claimed }), reason: AS_ASKED }, config);
        return readBreakGlassCommand(context, { requestId, actor, config });
      }),
    );
  person(command('keys', 'what is under which key (docs/keys.md)'))
    .option('--move', 'move every login over to the current keys, while everything runs; needs --reason')
    .action((options: Output & Person & { move?: boolean }) =>
      run(options, options.move ? async (context, config) => moveKeysCommand(context, await personalAct(options, config)) : keysCommand),
    );
}
