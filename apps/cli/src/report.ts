import type { View } from './terminal.ts';

/** What a command found: an object for programs, lines for people, and whether everything that was asked for is well. */
export interface Report {
  readonly json: Readonly<Record<string, unknown>>;
  lines(view: View): readonly string[];
  readonly well: boolean;
  /** Not well because the configuration is wrong: exit code 2. */
  readonly wrongCall?: true;
}
