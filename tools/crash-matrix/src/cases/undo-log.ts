import type pg from 'pg';
import type { Lost } from '../cells/scenario.ts';

/*
 * A database that fails over to a standby which had not yet got the last commits. Here one Postgres serves all cases, so it is not the server that is set back but the
 * rows of one login: triggers write down what every statement made of them, and the last transactions are undone from that, row by row,
 * as if they had never been replayed. What stays that a real standby would lack as well: notifications and the audit trail, whose chain is everybody's, and
 * from which no rotator, no agent and no verdict learns anything.
 */

/** What the product knows of a login. The column that names it, in each table. */
const OF_A_LOGIN = {
  login_identity: 'id',
  login_lease: 'login_identity',
  login_attempt: 'login_identity',
  rotation_attempt: 'login_identity',
  integration_endpoint: 'login_identity',
} as const;

export async function keepUndoLog(pool: pg.Pool): Promise<void> {
  await pool.query(`
    CREATE TABLE undo_log (number bigserial PRIMARY KEY, transaction xid8 NOT NULL DEFAULT pg_current_xact_id(), login_identity text NOT NULL, relation text NOT NULL, was jsonb, became jsonb, is_lost boolean NOT NULL DEFAULT false);
    CREATE INDEX undo_log_login ON undo_log (login_identity, number);
    CREATE FUNCTION keep_undo_log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
      was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
      became jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
      login text := coalesce(became, was) ->> TG_ARGV[0];
    BEGIN
      IF login IS NOT NULL THEN INSERT INTO undo_log (login_identity, relation, was, became) VALUES (login, TG_TABLE_NAME, was, became); END IF;
      RETURN NULL;
    END $$;`);
  for (const [relation, column] of Object.entries(OF_A_LOGIN))
    await pool.query(`CREATE TRIGGER keep_undo_log AFTER INSERT OR UPDATE OR DELETE ON ${relation} FOR EACH ROW EXECUTE FUNCTION keep_undo_log('${column}')`);
}

interface Change {
  readonly number: string;
  readonly relation: string;
  readonly was: unknown;
  readonly became: unknown;
}

/**
 * Undoes, for one login, the transaction in which its last rotation came to this state, and all that were committed after it. `null`, or why nothing
 * was lost.
 */
export async function loseCommits(pool: pg.Pool, loginIdentity: string, since: Lost): Promise<string | null> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    // Neither triggers nor foreign keys: what is put back was right.
    await client.query(`SET LOCAL session_replication_role = 'replica'`);
    await client.query('SELECT FROM login_identity WHERE id = $1 FOR UPDATE', [loginIdentity]);
    const { rows } = await client.query<Change>(
      `WITH first AS (SELECT max(transaction::text::numeric) AS transaction FROM undo_log
                       WHERE login_identity = $1 AND relation = 'rotation_attempt' AND NOT is_lost AND became ->> 'state' = $2 AND was ->> 'state' IS DISTINCT FROM $2)
       SELECT u.number::text AS number, u.relation, u.was, u.became FROM undo_log u, first
        WHERE u.login_identity = $1 AND NOT u.is_lost AND u.number >= (SELECT min(number) FROM undo_log WHERE login_identity = $1 AND transaction::text::numeric = first.transaction)
        ORDER BY u.number DESC`,
      [loginIdentity, since],
    );
    for (const change of rows) await undo(client, change);
    await client.query('UPDATE undo_log SET is_lost = true WHERE login_identity = $1 AND number = ANY ($2::bigint[])', [
      loginIdentity,
      rows.map(({ number }) => number),
    ]);
    await client.query('COMMIT');
    return rows.length > 0 ? null : `the journal was never written to as ${since}`;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

/** What the journal came to for a login, in order, for a person who looks for the reason; also what was lost. */
export async function journalTrail(pool: pg.Pool, loginIdentity: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `SELECT concat_ws(' ', to_char((became ->> 'updated_at')::timestamptz, 'HH24:MI:SS.MS'), became ->> 'state', 'from ' || (became ->> 'waiting_from'),
                      'until ' || to_char((became ->> 'waiting_until')::timestamptz, 'HH24:MI:SS.MS'), became ->> 'detail') AS line
       FROM undo_log WHERE login_identity = $1 AND relation = 'rotation_attempt' AND became IS NOT NULL
         -- Whoever takes an attempt up is no step of it.
        AND (was IS NULL OR became - ARRAY ['updated_at', 'fence', 'owner'] <> was - ARRAY ['updated_at', 'fence', 'owner']) ORDER BY number`,
    [loginIdentity],
  );
  return rows.map(({ line }) => line);
}

async function undo(client: pg.PoolClient, { relation, was, became }: Change): Promise<void> {
  if (was === null) return void (await client.query(`DELETE FROM ${relation} WHERE id::text = $1::jsonb ->> 'id'`, [JSON.stringify(became)]));
  const { rows } = await client.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'`,
    [relation],
  );
  const columns = rows.map(({ name }) => name).join(', ');
  const row = `SELECT ${columns} FROM jsonb_populate_record(NULL::${relation}, $1::jsonb)`;
  const statement =
    became === null ? `INSERT INTO ${relation} (${columns}) ${row}` : `UPDATE ${relation} SET (${columns}) = (${row}) WHERE id::text = $1::jsonb ->> 'id'`;
  await client.query(statement, [JSON.stringify(was)]);
}
