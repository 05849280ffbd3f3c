import type { Database } from '../database.ts';
import { checkCount } from '../input.ts';

/**
 * How many logins lie in a place of AWS, by what their references begin with (`arn:aws:ssm:us-east-1:123456789012`); counted to `atMost` and no further. Without what
 * rotations have staged beside them. For `rcm_migrator`.
 */
export async function countLoginsAt(db: Database, { arnBeginning, atMost }: { readonly arnBeginning: string; readonly atMost: number }): Promise<number> {
  const [row] = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ logins: number }[]>`SELECT rcm_logins_at(${arnBeginning}, ${checkCount('atMost', atMost)}::int) AS logins`,
  );
  return row?.logins ?? 0;
}
