import { RcmError } from '@rcm/telemetry';
import { translated } from '../failure.ts';
import { rewriteBlockers } from './rewrite-blockers.ts';
import { REWRITTEN, SAMPLED, UNSAMPLED } from './rewrite-places.ts';
import { type RewriteSession, withRewriteSession } from './rewrite-session.ts';

const PROBE_DEADLINE_MS = 30_000;
/** A transaction that is open for longer may be open for ever. */
const LONG_SECONDS = 60;

export interface RightsQuestion {
  readonly url: string;
  /** See `rewriteStorage`. Default `own`. */
  readonly server?: 'own' | 'managed';
  /** From when on a transaction counts as one that keeps old rows. Default 60. */
  readonly longSeconds?: number;
}

/**
 * Looks whether `rewriteStorage` may do all that it does, and whether anything would keep the old bytes for good, before anything is removed that only it can take off the
 * disk. Changes nothing. Fails with `config_invalid` that names every right that is missing and every place that it could not clean, `state_conflict` that
 * names what keeps old rows or WAL, `database_unavailable`, `database_failed`.
 */
export async function checkRewriteRights({ url, server = 'own', longSeconds = LONG_SECONDS }: RightsQuestion): Promise<void> {
  await translated(() =>
    withRewriteSession({ url, statementMs: PROBE_DEADLINE_MS, lockMs: PROBE_DEADLINE_MS }, async (session) => {
      const [missing, foreign] = [await missingRights(session, server), await foreignSamples(session)];
      if (missing.length + foreign.length === 0) return expectNothingKeeps(session, { server, longSeconds });
      const sentences = [
        'The storage could not be rewritten afterwards, so nothing was removed.',
        ...(missing.length > 0 ? [`The login of RCM_MIGRATOR_ADMIN_DATABASE_URL lacks: ${missing.join('; ')}.`] : []),
        ...(foreign.length > 0 ? [`Drop first, because each keeps samples of what is removed: ${foreign.join(', ')}.`] : []),
        'See docs/migration.md.',
      ];
      throw new RcmError('config_invalid', sentences.join(' '));
    }),
  );
}

async function expectNothingKeeps(session: RewriteSession, question: Pick<Required<RightsQuestion>, 'server' | 'longSeconds'>): Promise<void> {
  const blockers = await rewriteBlockers(session, question);
  if (blockers.length > 0)
    throw new RcmError(
      'state_conflict',
      `What would be removed would stay on the disk, so nothing was removed. It is kept by ${blockers.join('; ')}. End what keeps it, then run this again.`,
    );
}

/** Who may vacuum a relation, as Postgres decides it: before 17 there is no right to maintain one. CASE keeps the unknown word from older servers. */
const MAY_VACUUM = `
  SELECT c.oid::regclass::text AS relation,
         pg_has_role(d.datdba, 'USAGE') OR CASE WHEN current_setting('server_version_num')::int >= 170000
           THEN has_table_privilege(c.oid, 'MAINTAIN') ELSE pg_has_role(c.relowner, 'USAGE') END AS may
    FROM unnest($1::text[]) WITH ORDINALITY r (name, place) JOIN pg_class c ON c.oid = to_regclass(r.name)
    JOIN pg_database d ON d.datname = current_database() ORDER BY r.place`;

const MAY_DO = `
  SELECT rolsuper AS super, current_setting('server_version_num')::int >= 180000 AS clears,
         has_function_privilege('pg_switch_wal()', 'EXECUTE') AS switch, has_function_privilege('pg_ls_waldir()', 'EXECUTE') AS list,
         pg_has_role('pg_checkpoint', 'USAGE') AS checkpoint, pg_has_role('pg_read_all_stats', 'USAGE') AS activity,
         has_column_privilege('pg_catalog.pg_statistic', 'starelid', 'SELECT') AND has_column_privilege('pg_catalog.pg_statistic', 'staattnum', 'SELECT') AS statistic
    FROM pg_roles WHERE rolname = current_user`;

interface MayDo {
  readonly super: boolean;
  readonly clears: boolean;
  readonly switch: boolean;
  readonly list: boolean;
  readonly checkpoint: boolean;
  readonly activity: boolean;
  readonly statistic: boolean;
}

async function missingRights(session: RewriteSession, server: 'own' | 'managed'): Promise<string[]> {
  const relations = await session.query<{ relation: string; may: boolean }>(MAY_VACUUM, [REWRITTEN]);
  const [may] = await session.query<MayDo>(MAY_DO);
  if (!may || relations.length < REWRITTEN.length) return ['the tables of this platform: this is another database, or its migrations were not applied'];
  const forbidden = relations.filter(({ relation, may: mayVacuum }) => !mayVacuum && !(server === 'managed' && isCatalogue(relation)));
  const missing = forbidden.map(({ relation }) => `VACUUM FULL of ${relation} (pg_maintain, or to own the database)`);
  if (server === 'own') {
    if (!may.switch) missing.push('EXECUTE on pg_switch_wal()');
    if (!may.checkpoint) missing.push('CHECKPOINT (pg_checkpoint)');
    if (!may.list) missing.push('EXECUTE on pg_ls_waldir() (pg_monitor)');
  }
  if (!may.activity) missing.push('to see other sessions’ transactions (pg_read_all_stats)');
  if (!may.statistic) missing.push('SELECT (starelid, staattnum) on pg_statistic');
  else if (!may.super && !may.clears && (await session.query(SAMPLED)).length > 0)
    missing.push('to remove samples that ANALYZE took of config (before Postgres 18 only a superuser can)');
  return missing;
}

/** On a managed server nobody may rewrite the catalogue before Postgres 17. */
export const isCatalogue = (relation: string): boolean => relation.startsWith('pg_');

/** Which relations this login may rewrite. */
export async function mayRewrite(session: RewriteSession): Promise<readonly string[]> {
  const relations = await session.query<{ relation: string; may: boolean }>(MAY_VACUUM, [REWRITTEN]);
  return REWRITTEN.filter((_, place) => relations[place]?.may);
}

/** Extended statistics and indexes on expressions keep samples of their own. This platform makes none of these columns; somebody else may have. */
async function foreignSamples(session: RewriteSession): Promise<string[]> {
  const [tables, columns] = [UNSAMPLED.map(([table]) => table), UNSAMPLED.map(([, column]) => column)];
  const found = await session.query<{ what: string }>(
    `WITH unsampled AS (SELECT a.attrelid, a.attnum FROM unnest($1::text[], $2::text[]) u ("table", "column")
                          JOIN pg_attribute a ON a.attrelid = to_regclass(u."table") AND a.attname = u."column")
     SELECT DISTINCT 'statistics ' || s.stxname AS what FROM pg_statistic_ext s JOIN unsampled u ON u.attrelid = s.stxrelid
      WHERE u.attnum = ANY (s.stxkeys::int2[]) OR s.stxexprs IS NOT NULL
      UNION SELECT 'index ' || i.indexrelid::regclass FROM pg_index i JOIN unsampled u ON u.attrelid = i.indrelid WHERE i.indexprs IS NOT NULL
        AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = u.attrelid AND d.refobjsubid IN (u.attnum, 0))
      ORDER BY 1`,
    [tables, columns],
  );
  return found.map(({ what }) => what);
}
