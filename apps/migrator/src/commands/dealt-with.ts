import { dealWithStorageOutside, OUTSIDE_KINDS, type OutsideKind } from '@rcm/db/migration';
import { RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import { OUTSIDE } from '@rcm/fleet';
import type { Report } from '../report.ts';
import type { PersonalAct } from './rollback.ts';

/** Fails with `input_invalid`. */
export function outsideKind(kind: string): OutsideKind {
  const known = OUTSIDE_KINDS.find((one) => one === kind);
  if (!known) throw new RcmError('input_invalid', `<kind> is one of ${OUTSIDE_KINDS.join(', ')}. Nothing was changed.`);
  return known;
}

/** A person says that copies which the migrator cannot reach are dealt with. It is their word, and stands under their name. */
export async function dealtWith(migration: Migration, kind: OutsideKind, act: PersonalAct): Promise<Report> {
  const answer = await dealWithStorageOutside(migration.db, { kind, ...act });
  if (answer === 'nothing') throw new RcmError('state_conflict', `Nothing is open of ${OUTSIDE[kind].what}. Nothing was changed.`);
  return { json: { dealtWith: kind }, lines: [`Dealt with: ${OUTSIDE[kind].what}.`], complete: true };
}
