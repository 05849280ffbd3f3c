import type { PortalTypeRow } from '@rcm/db';
import type { PersonalChange } from '@rcm/db/admin';
import type { PrintOf, WantedEndpoint } from '@rcm/db/migration';
import type { Migration } from '../migration.ts';
import type { Findings } from './findings.ts';
import type { Mapping, Role } from './mapping.ts';
import type { PortalTypes } from './portal-types.ts';
import type { ReadRow } from './read-row.ts';

export interface Adoption {
  readonly migration: Migration;
  readonly mapping: Mapping;
  readonly findings: Findings;
  readonly types: PortalTypes;
  readonly knownTypes: ReadonlyMap<string, PortalTypeRow>;
  readonly printOf: PrintOf;
  /** Who adopts; `null`: nobody, it is a plan. */
  readonly act: PersonalChange | null;
  /** Rows, as their source calls them, that are to be new endpoints where they are of another place by now. */
  readonly anew: ReadonlySet<string>;
  /** The column that a cell comes from. */
  readonly columnOf: (role: Role) => string | null;
  /** Accounts that a row of this run is to have. */
  readonly accounts: Set<string>;
}

export interface PlacedRow {
  readonly row: ReadRow;
  readonly wanted: WantedEndpoint;
}
