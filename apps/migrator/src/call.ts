import type { Vocabulary } from '@rcm/credentials/legacy';
import type { RunCommand } from '@rcm/db/migration';
import type { MigratorConfig } from './config.ts';
import type { Filter, Migration } from './migration.ts';
import type { PersonalAct } from './commands/rollback.ts';
import type { Report } from './report.ts';

/** One call of the command line, understood and not begun. */
export interface Call {
  readonly vocabulary: Vocabulary;
  readonly filter: Filter;
  /** What the call itself adds to the environment. */
  readonly environment?: (given: NodeJS.ProcessEnv) => NodeJS.ProcessEnv;
  /** Under which command it stands in the book of runs; left out: it does not. */
  readonly run?: RunCommand;
  readonly resume?: number | undefined;
  /** Left out: nobody has to say who they are. */
  readonly who?: (config: MigratorConfig) => Promise<PersonalAct>;
  /** The event by which every organization is told that it begins. */
  readonly begun?: string;
  does(migration: Migration, config: MigratorConfig, person: PersonalAct | null): Promise<Report>;
}
