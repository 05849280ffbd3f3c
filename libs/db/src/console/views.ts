import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';

/** What somebody keeps of the fleet's page under a name of their own. */
export interface ConsoleView {
  readonly name: string;
  /** With its query; a page of this console. */
  readonly path: string;
}

/** So that one person cannot fill the table, and finds what they look for. */
export const MOST_VIEWS = 50;
export const LONGEST_VIEW_NAME = 100;

/** The views that a person keeps, by name. For `rcm_console`. */
export const listViews = (db: Database, person: string): Promise<readonly ConsoleView[]> =>
  db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<ConsoleView[]>`SELECT v.name, v.path FROM console_view v WHERE v.person = ${person} ORDER BY v.name LIMIT ${MOST_VIEWS}`,
  );

/**
 * Keeps a view, in place of one of the same name. Fails with `input_invalid` for a name that is none, `state_conflict` where the person keeps as many as anybody may. For
 * `rcm_console`.
 */
export async function keepView(db: Database, person: string, { name, path }: ConsoleView): Promise<void> {
  const trimmed = name.trim();
  if (trimmed.length === 0 || trimmed.length > LONGEST_VIEW_NAME || /\p{Cc}/u.test(trimmed))
    throw new RcmError('input_invalid', `A view has a name of 1 to ${LONGEST_VIEW_NAME} characters on one line. Nothing was kept.`);
  await db.transaction('no tenant', async (tx) => {
    // One after the other, so that two at once are not one too many.
    await tx.$queryRaw`SELECT 1 FROM console_person p WHERE p.person = ${person} FOR UPDATE`;
    const kept = await tx.$executeRaw`
      INSERT INTO console_view (person, name, path) SELECT ${person}, ${trimmed}, ${path}
       WHERE (SELECT count(*) FROM console_view v WHERE v.person = ${person} AND v.name <> ${trimmed}) < ${MOST_VIEWS}
      ON CONFLICT (person, name) DO UPDATE SET path = excluded.path, saved_at = clock_timestamp()`;
    if (kept === 0) throw new RcmError('state_conflict', `You keep ${MOST_VIEWS} views: forget one first. Nothing was kept.`);
  });
}

/** Forgets one; that there is none is well, too. For `rcm_console`. */
export async function forgetView(db: Database, person: string, name: string): Promise<void> {
  await db.transaction('no tenant', (tx) => tx.$executeRaw`DELETE FROM console_view WHERE person = ${person} AND name = ${name}`);
}
