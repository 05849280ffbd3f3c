import type { Secret } from '@rcm/telemetry';
import type { Source } from '@rcm/db/migration';
import type { Role } from './mapping.ts';

/** A row's cells by what they are for; they may hold a password. */
export type Cells = ReadonlyMap<Role, string | null>;

export interface SourceRow {
  /** The how manieth it is in its table, or on which line of its file. */
  readonly number: number;
  readonly cells: Secret<Cells>;
}

/** Rows of a table or a file, a page at a time. */
export interface Rows {
  readonly total: number;
  /** What `number` counts. */
  readonly counts: 'row' | 'line';
  pages(): AsyncGenerator<readonly SourceRow[]>;
  close(): Promise<void>;
}

export function rowsOfTable(source: Source, roles: readonly Role[]): Rows {
  return {
    total: source.rows,
    counts: 'row',
    close: () => source.close(),
    async *pages() {
      let number = 0;
      for await (const page of source.pages())
        yield page.map((cells) => ({ number: (number += 1), cells: cells.map((texts) => new Map(roles.map((role, i) => [role, texts[i] ?? null]))) }));
    },
  };
}
