import { createReadStream, readFileSync } from 'node:fs';
import type { Database } from '@rcm/db';
import { type AuditedEvent, exportAuditEvents } from '@rcm/db/audit';
import { RcmError } from '@rcm/telemetry';
import type { Report } from '../report.ts';
import type { HeadSource } from '../sinks/sink.ts';
import { AuditVerifier, headKey, linesOf, type Report as Findings, reportLines } from '../verify-audit.mjs';

export type HeadKey = ReturnType<typeof headKey>;

export interface VerifyOptions {
  readonly db: Database;
  readonly sources: readonly HeadSource[];
  readonly keys: readonly HeadKey[];
  readonly orgIds: readonly string[];
  readonly signal: AbortSignal;
  /** Is told of the events as they are read. */
  readonly onPage?: (events: readonly AuditedEvent[]) => void;
}

/** Checks the database itself and says what was found. Fails as `checkAudit`. */
export async function verifyAudit(options: VerifyOptions): Promise<Report> {
  const report = await checkAudit(options);
  return { json: report, lines: reportLines(report), complete: report.ok };
}

/**
 * Checks the database itself, as the stand-alone verifier checks an export: the hashes are computed here, by no function that lies in the database. Heads
 * are read first, so a chain that grows meanwhile is longer than they are and not shorter. Fails with `config_invalid` for heads that cannot be read.
 */
export async function checkAudit({ db, sources, keys, orgIds, signal, onPage = () => undefined }: VerifyOptions): Promise<Findings> {
  const verifier = new AuditVerifier({ keys, orgs: orgIds });
  // A login that may not read the events is said before a file that is not there.
  await db.ping();
  for (const source of sources)
    try {
      for await (const { line, ...place } of linesOf(source.read(signal))) verifier.takeHead(line, { from: source.place, ...place });
    } catch (cause) {
      throw new RcmError('config_invalid', `Heads could not be read from ${source.place} (${(cause as NodeJS.ErrnoException).code ?? 'error'}).`, { cause });
    }
  for await (const page of exportAuditEvents(db, { ...(orgIds.length > 0 ? { orgIds } : {}), signal })) {
    for (const event of page) verifier.takeEvent(Buffer.from(JSON.stringify(event)), { complete: true });
    onPage(page);
  }
  return verifier.report();
}

/** A file of heads that somebody has brought. */
export const headsFrom = (path: string): HeadSource => ({ place: path, read: () => createReadStream(path) });

/** The public key in a file. Fails with `config_invalid`. */
export function keyOf(path: string): HeadKey {
  try {
    return headKey(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new RcmError('config_invalid', `The public key ${path} cannot be used: ${(cause as Error).message}`, { cause });
  }
}
