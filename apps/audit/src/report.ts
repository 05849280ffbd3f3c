/** What a command hands to `cli.ts`: the one JSON object, the same for people, and whether everything is as it should be. */
export interface Report {
  readonly json: object;
  readonly lines: readonly string[];
  readonly complete: boolean;
}
