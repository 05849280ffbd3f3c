import { recordRestore } from '@rcm/db/admin';
import { asOwner } from '../database/owner.ts';
import { personOf, type PersonOptions } from '../person.ts';
import type { Report } from '../report.ts';

export interface DbRestoredOptions extends PersonOptions {
  readonly nothingLost?: boolean;
}

/** Says that the database was restored to an earlier hour, or that it lost nothing when it was moved. As the tables' owner. */
export async function dbRestored(environment: NodeJS.ProcessEnv, options: DbRestoredOptions): Promise<Report> {
  const person = await personOf(options, environment);
  const kind = options.nothingLost ? 'nothing_lost' : 'restored';
  await asOwner(environment, (db) => recordRestore(db, { kind, ...person }));
  return {
    json: { kind },
    lines: () => [
      options.nothingLost
        ? 'Noted: nothing was lost. Logins that cooled down for that reason may be made again.'
        : 'Noted: every login cools down until its portal has forgotten what the ledger cannot know. Start rotators and agents whenever you like.',
    ],
    well: true,
  };
}
