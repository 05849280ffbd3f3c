import { RcmError } from '@rcm/telemetry';
import type { ColourMode } from './terminal.ts';

/** What is said to `rcm` itself, wherever it stands among the words. */
export interface Globals {
  readonly profile: string | null;
  readonly colour: ColourMode;
  readonly json: boolean;
  /** The words without it, but with `--json`, which the command may pass on. */
  readonly rest: readonly string[];
}

/** Who only asks what it is needs neither configuration nor profile. */
export const isHelp = (word: string): boolean => word === '--help' || word === '-h';

const COLOURS: readonly string[] = ['auto', 'always', 'never'] satisfies ColourMode[];

/** `--profile NAME`, `--color WHEN`, `--json`, also as `--name=value`, up to `--`. Fails with `input_invalid`. */
export function takeGlobals(argv: readonly string[]): Globals {
  const taken = { profile: null as string | null, colour: 'auto' };
  const rest: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') {
      rest.push(word, ...words);
      break;
    }
    const [, name, given] = /^--(profile|color)(?:=(.*))?$/.exec(word) ?? [];
    if (name === undefined) {
      rest.push(word);
      continue;
    }
    const value = given ?? words.shift();
    if (value === undefined || value === '') throw new RcmError('input_invalid', `--${name} needs a value. Nothing was done.`);
    if (name === 'profile') taken.profile = value;
    else taken.colour = value;
  }
  if (!COLOURS.includes(taken.colour)) throw new RcmError('input_invalid', `--color is one of ${COLOURS.join(', ')}. Nothing was done.`);
  return { profile: taken.profile, colour: taken.colour as ColourMode, json: rest.includes('--json'), rest };
}
