import type { Secret } from '@rcm/telemetry';
import { REWRITTEN } from './rewrite-places.ts';
import type { RewriteSession } from './rewrite-session.ts';

/** What was read through, and where something that should be gone still lies. */
export interface ByteSearch {
  readonly files: number;
  readonly bytes: number;
  /** Paths below the data folder. */
  readonly found: readonly string[];
}

const PIECE = 4 * 1024 * 1024;

/**
 * Reads the files of what was rewritten, and the WAL, through the server, and looks for these texts. They are compared here: the server is not told what is sought.
 * `null` where the login may not read files, or nothing is sought.
 */
export async function searchBytes(session: RewriteSession, gone: readonly Secret<string>[]): Promise<ByteSearch | null> {
  const sought = gone.map((text) => Buffer.from(text.reveal(), 'utf8')).filter(({ length }) => length > 0);
  const [may] = await session.query<{ may: boolean }>(
    `SELECT has_function_privilege('pg_read_binary_file(text, bigint, bigint, boolean)', 'EXECUTE') AND has_function_privilege('pg_ls_waldir()', 'EXECUTE') AS may`,
  );
  if (sought.length === 0 || !may?.may) return null;
  const hits = new Map<string, Set<Buffer>>();
  const overlap = Math.max(...sought.map(({ length }) => length)) - 1;
  let bytes = 0;
  const files = await filesToRead(session);
  for (const path of files) {
    let tail = Buffer.alloc(0);
    for await (const piece of piecesOf(session, path)) {
      bytes += piece.length;
      const here = Buffer.concat([tail, piece]);
      for (const text of sought) if (here.includes(text)) hits.set(path, (hits.get(path) ?? new Set()).add(text));
      tail = here.subarray(Math.max(0, here.length - overlap));
    }
  }
  const live = hits.size > 0 ? await inRows(session, sought) : new Set<Buffer>();
  const found = [...hits].filter(([, texts]) => [...texts].some((text) => !live.has(text))).map(([path]) => path);
  return { files: files.length, bytes, found };
}

/** A file as far as there is one: it may be gone meanwhile. */
async function* piecesOf(session: RewriteSession, path: string): AsyncGenerator<Buffer, void, void> {
  for (let offset = 0; ; offset += PIECE) {
    const [row] = await session.query<{ piece: Buffer | null }>('SELECT pg_read_binary_file($1, $2, $3, true) AS piece', [path, offset, PIECE]);
    if (!row?.piece || row.piece.length === 0) return;
    yield row.piece;
  }
}

/** Which of these some row holds now: another login has the same password, or somebody has put it back since it was removed. Of such a text nothing is claimed. */
async function inRows(session: RewriteSession, sought: readonly Buffer[]): Promise<ReadonlySet<Buffer>> {
  const live = new Set<Buffer>();
  const [may] = await session.query<{ may: boolean }>(`SELECT has_column_privilege('integration_endpoint', 'config', 'SELECT') AS may`);
  if (!may?.may) return live;
  await session.query(`SELECT set_config('app.tenant_id', '*', false)`);
  // As the text of a JSON document has it.
  const texts = sought.map((text) => [text, JSON.stringify(text.toString('utf8')).slice(1, -1)] as const);
  for (let after = ''; ;) {
    const rows = await session.query<{ id: string; config: string }>(
      'SELECT id, config::text AS config FROM integration_endpoint WHERE config IS NOT NULL AND id > $1 ORDER BY id LIMIT 500',
      [after],
    );
    for (const { config } of rows) for (const [text, written] of texts) if (config.includes(written)) live.add(text);
    const last = rows.at(-1);
    if (!last) return live;
    after = last.id;
  }
}

/** Each relation's heap and TOAST with all their segments of 1 GB, and the WAL. */
async function filesToRead(session: RewriteSession): Promise<string[]> {
  const rows = await session.query<{ path: string }>(
    `WITH relations AS (SELECT c.oid, c.reltoastrelid FROM unnest($1::text[]) r (name) JOIN pg_class c ON c.oid = to_regclass(r.name)),
          parts AS (SELECT oid FROM relations UNION SELECT reltoastrelid FROM relations WHERE reltoastrelid <> 0),
          heads AS (SELECT pg_relation_filepath(oid) AS path, pg_relation_size(oid) AS size FROM parts)
     SELECT path || CASE WHEN n = 0 THEN '' ELSE '.' || n END AS path FROM heads, generate_series(0, greatest(size - 1, 0) / (1024 * 1024 * 1024)) n
      UNION ALL SELECT 'pg_wal/' || name FROM pg_ls_waldir()`,
    [REWRITTEN],
  );
  return rows.map(({ path }) => path);
}
