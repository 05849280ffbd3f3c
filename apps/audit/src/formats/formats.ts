import type { AuditedEvent } from '@rcm/db/audit';
import { csv } from '@rcm/telemetry';
import { ocsfOf } from './ocsf.ts';

/** How events are written. `ndjson` alone is what `verify-audit.mjs` checks; the others are for programs that collect. */
export const EXPORT_FORMATS = ['ndjson', 'csv', 'ocsf'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

interface Format {
  /** Before the first event. */
  readonly head: string;
  text(event: AuditedEvent): string;
}

const COLUMNS = ['org_id', 'seq', 'at', 'actor', 'action', 'subject', 'reason', 'details', 'previous_hash', 'hash'] as const satisfies (keyof AuditedEvent)[];

export const FORMATS: Readonly<Record<ExportFormat, Format>> = {
  ndjson: { head: '', text: (event) => `${JSON.stringify(event)}\n` },
  csv: { head: csv([COLUMNS]), text: (event) => csv([COLUMNS.map((name) => String(event[name]))]) },
  ocsf: { head: '', text: (event) => `${JSON.stringify(ocsfOf(event))}\n` },
};
