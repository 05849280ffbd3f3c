import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

/** `alone`: with no digit and no letter of a hexadecimal number beside it. A text of few digits is in many a hash by chance. */
type Where = 'anywhere' | 'alone';

/** What Postgres has written since it was asked for: the judge of what must never be there, in whatever form the code may have put it. */
export interface KeptStorage {
  /** Files of this database, and of the write-ahead log, in which any of the texts stands (UTF-8): `base/…`, `pg_wal/…`. */
  holding(texts: readonly string[], where?: Where): Promise<readonly string[]>;
  close(): Promise<void>;
}

/**
 * Keeps the write-ahead log from here on, by a replication slot, until `close`: another test's checkpoint would take it away, and what was in it
 * would be found nowhere. `owner` is a superuser's. Not for a server on which plaintext is being removed.
 */
export async function keepStorage(owner: Database): Promise<KeptStorage> {
  const slot = `test_${randomBytes(8).toString('hex')}`;
  await owner.transaction('no tenant', (tx) => tx.$queryRaw`SELECT pg_create_physical_replication_slot(${slot}, true)::text`);
  const [from] = await owner.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ segment: string }[]>`SELECT pg_walfile_name(restart_lsn) AS segment FROM pg_replication_slots WHERE slot_name = ${slot}`,
  );
  return {
    async holding(texts, where = 'anywhere') {
      const isIn = searchFor(texts, where);
      const files = await owner.transaction('no tenant', async (tx) => {
        await tx.$executeRaw`CHECKPOINT`;
        return tx.$queryRaw<{ name: string }[]>`
          SELECT 'base/' || d.oid || '/' || f AS name FROM pg_database d CROSS JOIN pg_ls_dir('base/' || d.oid) f WHERE d.datname = current_database()
          UNION ALL SELECT 'pg_wal/' || w.name FROM pg_ls_waldir() w WHERE w.name >= ${from?.segment}`;
      });
      const holding: string[] = [];
      for (const { name } of files) {
        const [file] = await owner.transaction(
          'no tenant',
          (tx) => tx.$queryRaw<{ bytes: Uint8Array | null }[]>`SELECT pg_read_binary_file(${name}, true) AS bytes`,
        );
        if (file?.bytes && isIn(Buffer.from(file.bytes))) holding.push(name);
      }
      return holding;
    },
    close: () => owner.transaction('no tenant', async (tx) => void (await tx.$queryRaw`SELECT pg_drop_replication_slot(${slot})::text`)),
  };
}

const HEX = /[0-9a-f]/i;

/** One pass over a file for each length that a text has, whatever the number of texts. */
function searchFor(texts: readonly string[], where: Where): (file: Buffer) => boolean {
  const wanted = texts.map((text) => Buffer.from(text, 'utf8').toString('latin1'));
  const all = new Set(wanted);
  const lengths = [...new Set(wanted.map(({ length }) => length))];
  const begins = new Set(wanted.map((text) => text.charCodeAt(0)));
  const mayBegin = Array.from({ length: 256 }, (_, byte) => begins.has(byte));
  return (file) => {
    const bytes = file.toString('latin1');
    const isHere = (at: number, length: number): boolean =>
      all.has(bytes.slice(at, at + length)) && (where === 'anywhere' || !(HEX.test(bytes.charAt(at - 1)) || HEX.test(bytes.charAt(at + length))));
    for (let at = 0; at < bytes.length; at += 1) if (mayBegin[bytes.charCodeAt(at)] && lengths.some((length) => isHere(at, length))) return true;
    return false;
  };
}
