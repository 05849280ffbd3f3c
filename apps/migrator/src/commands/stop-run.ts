import { askRunToStop } from '@rcm/db/migration';
import { RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import type { Report } from '../report.ts';
import type { PersonalAct } from './rollback.ts';

/** Fails with `input_invalid`. */
export function runOf(id: string): number {
  if (/^[1-9]\d{0,8}$/.test(id)) return Number(id);
  throw new RcmError('input_invalid', '<run> is the id of a run, as `runs` lists it. Nothing was changed.');
}

/** A person asks a run to stop, wherever it is at work; it sees that within seconds. */
export async function stopRun(migration: Migration, id: number, act: PersonalAct): Promise<Report> {
  await askRunToStop(migration.db, { id, ...act });
  return {
    json: { stopAsked: id },
    lines: [`Run ${id} was asked to stop: it finishes what it has in hand. \`runs\` says when it has, and \`--resume ${id}\` goes on with it.`],
    complete: true,
  };
}
