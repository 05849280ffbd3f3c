import pg from 'pg';
import { openDatabase } from '../open-database.ts';
import { upsertPortalType } from '../endpoints/seed.ts';
import { growFleet, portalTypes } from './fleet.ts';

/** A fleet of `to` accounts in a migrated database; of one that holds fewer, the missing ones are added. */
export async function makeFleet(url: string, { to }: { readonly to: number }): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ made: string }>('SELECT count(*) AS made FROM integration_endpoint');
    const made = Number(rows[0]?.made ?? 0);
    if (made === 0) {
      const db = openDatabase({ url, applicationName: 'scale' });
      for (const portalType of portalTypes) await upsertPortalType(db, portalType);
      await db.close();
      // One is ill: its logins are refused, and few have got in since.
      await client.query(
        `INSERT INTO portal_gate (portal_type_code, opened_at, cause, detail, logins_in_use) VALUES ('p7', now() - interval '30 minutes', 'logins_suspect', 'd', 100000)`,
      );
    }
    await growFleet((text) => client.query(text), { from: made + 1, to });
  } finally {
    await client.end();
  }
}
