import type { Argument, Command, Option } from 'commander';
import { RcmError } from '../error.ts';
import { KINDS, TEXT } from './kinds.ts';
import { plainWords } from './plain-words.ts';

/**
 * A program whose commands take nothing that is not of the kind its help says (`<id>`, `<time>`, …), however a command is written: each word is looked at before the
 * command begins, so that nothing is done. Refused is `input_invalid`, which names the option and never says what was typed: it may be a password. Call it
 * before the first command is added. A door of its own (`@rcm/telemetry/command-line`): its types are commander's, which whoever uses a packed library does not have.
 */
export function guardInput(program: Command): Command {
  return program
    .configureOutput({ outputError: (words, write) => void write(plainWords(words)) })
    .hook('preAction', (_program, command) => checkInput(command));
}

/** Fails with `input_invalid`, by the first word of a call that is not of its kind. */
export function checkInput(command: Command): void {
  for (const option of command.options)
    if (command.getOptionValueSource(option.attributeName()) === 'cli')
      check(option.long ?? option.flags, kindOf(option), command.getOptionValue(option.attributeName()));
  for (const [i, argument] of command.registeredArguments.entries()) check(`<${argument.name()}>`, kindOf(argument), command.processedArgs[i]);
}

/** The name in its brackets; '' for a switch. */
export const kindOf = (typed: Option | Argument): string =>
  'flags' in typed ? (/[<[](?<kind>[^>\].]+)(\.\.\.)?[>\]]/.exec(typed.flags)?.groups?.kind ?? '') : typed.name();

/** What a command's own parser has made something else of is checked by that. */
function check(name: string, kind: string, typed: unknown): void {
  const { is, must } = KINDS[kind] ?? TEXT;
  for (const word of [typed].flat()) if (typeof word === 'string' && !is(word)) throw new RcmError('input_invalid', `${name} ${must}. Nothing was done.`);
}
