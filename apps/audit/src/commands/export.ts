import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { Database } from '@rcm/db';
import { exportAuditEvents } from '@rcm/db/audit';
import { RcmError } from '@rcm/telemetry';
import { type ExportFormat, FORMATS } from '../formats/formats.ts';
import type { Report } from '../report.ts';

export interface ExportOptions {
  readonly db: Database;
  /** Where the lines go: a file that appears under its name when it is whole, or a stream. */
  readonly to: string | NodeJS.WritableStream;
  readonly orgIds: readonly string[];
  readonly format: ExportFormat;
  readonly signal: AbortSignal;
}

/** Writes every event in a format. Fails with `config_invalid` where the file cannot be written. */
export async function exportAudit({ db, to, orgIds, format, signal }: ExportOptions): Promise<Report> {
  const { stream, finish } = typeof to === 'string' ? newFile(to) : { stream: to, finish: null };
  const counts = new Map<string, number>();
  const { head, text } = FORMATS[format];
  try {
    stream.write(head);
    for await (const page of exportAuditEvents(db, { ...(orgIds.length > 0 ? { orgIds } : {}), signal })) {
      for (const { org_id } of page) counts.set(org_id, (counts.get(org_id) ?? 0) + 1);
      if (!stream.write(page.map(text).join(''))) await once(stream, 'drain', { signal });
    }
    await finish?.();
  } catch (error) {
    const { syscall, code } = error as NodeJS.ErrnoException;
    if (syscall !== undefined) throw new RcmError('config_invalid', `The export could not be written (${code ?? 'error'}).`, { cause: error });
    throw error;
  }
  const events = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { json: { events, organizations: counts.size }, lines: [`${events} events of ${counts.size} organizations exported.`], complete: true };
}

/** It appears under its name once it is finished. */
function newFile(path: string): { readonly stream: NodeJS.WritableStream; readonly finish: () => Promise<void> } {
  const part = `${path}.part`;
  const stream = createWriteStream(part, { mode: 0o600 });
  return {
    stream,
    finish: async () => {
      stream.end();
      await finished(stream);
      await rename(part, path);
    },
  };
}
