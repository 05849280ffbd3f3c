import { declareOldReadersGone } from '@rcm/db/migration';
import { RcmError } from '@rcm/telemetry';
import { mustNameRows } from '../credential/name-rows.ts';
import type { Migration } from '../migration.ts';
import type { Report } from '../report.ts';
import type { PersonalAct } from './rollback.ts';

/** Of whom a person speaks. Fails with `input_invalid`. */
export function whoseReaders({ org, all, yes }: { readonly org?: string; readonly all?: boolean; readonly yes?: boolean }): string | null {
  if (org !== undefined) return org;
  if (all && yes) return null;
  throw new RcmError(
    'input_invalid',
    all
      ? 'From then on logins of every organization are rotated although plaintext lies in their rows; say --yes as well. Nothing was changed.'
      : 'Say whose: --org <id>, or --all --yes. Nothing was changed.',
  );
}

/**
 * A person says that nothing but the platform reads plaintext in rows any more, so that a rotation locks nobody out. It is their word, and stands under their name. Rows of other
 * organizations, where there are such, get their names first, as before a scrub. Fails with what kept one of them from it; nothing is said then.
 */
export async function oldReadersGone(migration: Migration, orgId: string | null, act: PersonalAct): Promise<Report> {
  if (orgId !== null) await mustNameRows(migration);
  if (migration.stopping.aborted) throw new RcmError('cancelled', 'The migrator was asked to stop. Nothing was changed.');
  const declared = await declareOldReadersGone(migration.db, { orgId, ...act });
  const whose = orgId === null ? `${declared} organizations` : `organization ${orgId}`;
  const line =
    declared === 0
      ? 'That was said before; nothing was changed.'
      : `Nobody reads plaintext in rows of ${whose} any more: from now on their logins are rotated although it lies there. A rollback ends this.`;
  return { json: { oldReadersGone: declared }, lines: [line], complete: true };
}
