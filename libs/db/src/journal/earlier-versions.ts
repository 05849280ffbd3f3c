import type { Database } from '../database.ts';
import { checkLimit } from '../input.ts';

/** The store's versions that were current before each of the last rotations of a secret, the newest first, as the journal names them. */
export async function earlierVersions(
  db: Database,
  { orgId, secretArn, limit }: { readonly orgId: string; readonly secretArn: string; readonly limit: number },
): Promise<readonly string[]> {
  const rows = await db.transaction({ tenant: orgId }, (tx) =>
    tx.rotationAttempt.findMany({
      where: { orgId, secretArn, state: 'done', previousVersion: { not: null } },
      orderBy: { createdAt: 'desc' },
      take: checkLimit(limit),
      select: { previousVersion: true },
    }),
  );
  return rows.flatMap(({ previousVersion }) => previousVersion ?? []);
}
