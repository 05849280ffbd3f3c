import type { View } from './terminal.ts';

/** The version of everything that `--json` prints: a field may come, none changes or goes under one number (docs/rcm.md). */
export const SHAPE = 1;

/** What a command found: an object for programs, lines for people, and whether everything that was asked for is well. */
export interface Report {
  readonly json: Readonly<Record<string, unknown>>;
  lines(view: View): readonly string[];
  readonly well: boolean;
  /** Not well because the configuration is wrong: exit code 2. */
  readonly wrongCall?: true;
}
