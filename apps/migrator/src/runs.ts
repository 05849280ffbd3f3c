import type { Database } from '@rcm/db';
import { beginRun, endRun, findRun, isRunAskedToStop, noteRun, type RunCommand, type RunEnd } from '@rcm/db/migration';
import { type Logger, RcmError } from '@rcm/telemetry';
import type { PersonalAct } from './commands/rollback.ts';
import type { Filter, Migration } from './migration.ts';
import type { Report } from './report.ts';

/** Counts are written so often, not with each endpoint. */
const WRITE_EVERY_MS = 2_000;
/** However little happens, that often it is written that the run lives. */
const ALIVE_EVERY_MS = 30_000;

/** How many endpoints, or rows, ended how, so far. */
export interface Counts {
  note(ended: { readonly outcome: string }): void;
  readonly now: Readonly<Record<string, number>>;
}

export function createCounts(): Counts {
  const counts: Record<string, number> = {};
  return {
    note: ({ outcome }) => void (counts[outcome] = (counts[outcome] ?? 0) + 1),
    get now() {
      return { ...counts };
    },
  };
}

export interface Run {
  readonly command: RunCommand;
  /** Who asked for it, and why; `null`: nobody had to say. */
  readonly person: PersonalAct | null;
  /** Called where somebody has asked, by another process, that it stops. Default: it goes on. */
  readonly onStopAsked?: () => void;
}

/** Does `act` as a run that stands in the book from its begin to its end, whatever its end is; the report says its id. */
export async function asRun(
  migration: Migration,
  { command, person, onStopAsked = () => undefined }: Run,
  counts: Counts,
  act: () => Promise<Report>,
): Promise<Report> {
  const { db, holder, filter: filters, logger } = migration;
  const id = await beginRun(db, { command, filters, actor: person?.actor ?? holder, reason: person?.reason ?? null, holder });
  const alive = keepWriting(db, { id, counts, logger, onStopAsked });
  let ended: RunEnd = 'failed';
  try {
    const report = await act();
    ended = report.end ?? 'done';
    return { ...report, json: { run: id, ...report.json } };
  } finally {
    await alive.stop();
    // A run that cannot be ended is taken for dead once its process is gone.
    await endRun(db, { id, counts: counts.now, ended }).catch((error: unknown) => logger.warn({ err: error }, 'the end of the run was not written down'));
  }
}

interface Alive {
  readonly id: number;
  readonly counts: Counts;
  readonly logger: Logger;
  readonly onStopAsked: () => void;
}

/** Writes how far the run is, and looks whether somebody wants it to stop. */
function keepWriting(db: Database, { id, counts, logger, onStopAsked }: Alive) {
  let written = '{}';
  let writtenAt = performance.now();
  let writing: Promise<void> = Promise.resolve();
  let busy = false;
  const write = async () => {
    if (await isRunAskedToStop(db, { id })) onStopAsked();
    const now = counts.now;
    const text = JSON.stringify(now);
    if (text === written && performance.now() - writtenAt < ALIVE_EVERY_MS) return;
    [written, writtenAt] = [text, performance.now()];
    await noteRun(db, { id, counts: now });
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    writing = write()
      .catch((error: unknown) => logger.warn({ err: error }, 'the counts of the run were not written'))
      .finally(() => void (busy = false));
  }, WRITE_EVERY_MS);
  timer.unref();
  return {
    async stop(): Promise<void> {
      clearInterval(timer);
      await writing;
    },
  };
}

export interface Resuming {
  readonly id: number;
  readonly command: RunCommand;
  /** Of `adopt`: what its mapping calls the table. */
  readonly source?: string | undefined;
}

/** What `--resume ID` works on: what that run did, less what it has done of its limit. Fails with `input_invalid`. */
export async function filterOfRun(db: Database, { id, command, source }: Resuming): Promise<Filter> {
  const run = await findRun(db, { id });
  if (!run) throw new RcmError('input_invalid', `There is no run ${id}: \`runs\` lists them. Nothing was changed.`);
  if (run.command !== command)
    throw new RcmError('input_invalid', `Run ${id} is one of ${run.command}: say ${run.command} --resume ${id}. Nothing was changed.`);
  if (run.state === 'running') throw new RcmError('state_conflict', `Run ${id} is still at work (${run.holder}). Nothing was changed.`);
  if (run.state === 'done') throw new RcmError('state_conflict', `Run ${id} came to its end. Nothing was changed.`);
  const { limit, ...filters } = run.filters;
  if (filters.source !== source)
    throw new RcmError(
      'input_invalid',
      `Run ${id} brought in ${filters.source ?? 'nothing'}, and this mapping is of ${source ?? 'nothing'}. Nothing was changed.`,
    );
  if (limit === undefined) return filters;
  const taken = Object.values(run.counts).reduce((sum, count) => sum + count, 0);
  return { ...filters, limit: Math.max(1, limit - taken) };
}
