/** A record is of other code than what would go on with it, or is none. What a person mends by naming another file or another commit. */
export class RecordRefused extends Error {}

/** What it says, for whoever is to mend it; any other error goes on. */
export function wordsOfRefusal(error: unknown): string {
  if (error instanceof RecordRefused) return error.message;
  throw error;
}
