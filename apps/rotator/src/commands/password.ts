import { passwordGenerator, usablePasswordRules } from '@rcm/credentials';
import { print } from './command.ts';

/** `password`: samples for whoever writes a portal type. Fails with `input_invalid` and the place in the rules. Reads no configuration. */
export function passwordCommand(options: { readonly rules: string; readonly count: number; readonly json: boolean }): number {
  const generator = passwordGenerator(usablePasswordRules(options.rules));
  const samples = Array.from({ length: options.count }, () => generator.draw().reveal());
  print(options, { passwords: samples }, samples);
  return 0;
}
