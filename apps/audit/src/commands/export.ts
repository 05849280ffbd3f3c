import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import type { Database } from '@rcm/db';
import { exportAuditEvents, readChainHeads } from '@rcm/db/audit';
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

/** Writes every event in a format. Fails with `config_invalid` where it cannot be written, `input_invalid` for an organization that has no event. */
export async function exportAudit({ db, to, orgIds, format, signal }: ExportOptions): Promise<Report> {
  const counts = new Map<string, number>();
  const { head, text } = FORMATS[format];
  async function* texts(): AsyncGenerator<string> {
    yield head;
    for await (const page of exportAuditEvents(db, { ...(orgIds.length > 0 ? { orgIds } : {}), signal })) {
      for (const { org_id } of page) counts.set(org_id, (counts.get(org_id) ?? 0) + 1);
      yield page.map(text).join('');
    }
  }
  await checkAsked(db, orgIds);
  try {
    await (typeof to === 'string' ? toFile(to, texts()) : toStream(to, texts()));
  } catch (error) {
    const { syscall, code } = error as NodeJS.ErrnoException;
    if (syscall !== undefined) throw new RcmError('config_invalid', `The export could not be written (${code ?? 'error'}).`, { cause: error });
    throw error;
  }
  const events = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { json: { events, organizations: counts.size }, lines: [`${events} events of ${counts.size} organizations exported.`], complete: true };
}

/** An empty trail of an organization that is misspelt would pass for the proof that nobody did anything there, and be written over the one that is. */
async function checkAsked(db: Database, orgIds: readonly string[]): Promise<void> {
  if (orgIds.length === 0) return;
  const there = new Set((await readChainHeads(db)).map(({ orgId }) => orgId));
  const missing = orgIds.filter((id) => !there.has(id));
  if (missing.length > 0) throw new RcmError('input_invalid', `There is no event of ${missing.join(', ')}: look at the id. Nothing was exported.`);
}

/** What is no file (a device, a pipe) would be gone, and a file in its place. */
async function checkPlace(path: string): Promise<void> {
  const there = await stat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (there && !there.isFile()) throw new RcmError('config_invalid', `${path} is no file: name one, or - for stdout. Nothing was exported.`);
}

/** It appears under its name once it is whole and on the disk. Of two that are written at once each is whole, and the later one stays. */
async function toFile(path: string, texts: AsyncIterable<string>): Promise<void> {
  await checkPlace(path);
  const part = `${path}.${randomUUID()}.part`;
  const file = await open(part, 'wx', 0o600);
  try {
    await file.writeFile(texts);
    await file.sync();
    await file.close();
    await rename(part, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(part, { force: true });
    throw error;
  }
}

async function toStream(stream: NodeJS.WritableStream, texts: AsyncIterable<string>): Promise<void> {
  // Whoever reads may go away between two writes; the next one fails.
  stream.on('error', () => {});
  for await (const text of texts) await new Promise<void>((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())));
}
