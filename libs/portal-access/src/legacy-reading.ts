import type { NewPlace } from '@rcm/credentials';
import type { Vocabulary } from '@rcm/credentials/legacy';

/** What an agent has to know to log in with what still lies in rows, while a migration is under way. */
export interface LegacyReading {
  readonly vocabulary: Vocabulary;
  /** Wherever a migration may have put a secret that no row names yet. */
  readonly places: readonly NewPlace[];
  readonly environment: string;
}
