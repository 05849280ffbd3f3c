import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkLimit, checkUuid } from '../input.ts';
import { LOOK_AGAIN_MS } from './looks.ts';

/** A rotation that has sent nothing and waits for longer than an hour: a person alone can answer the portal, and may do so in the secret. */
export interface LongWait {
  readonly id: string;
  readonly orgId: string;
  readonly endpointId: string;
  readonly secretArn: string;
  /** The version that it began with. */
  readonly baseVersion: string;
}

const IS_LONG = Prisma.sql`state = 'waiting' AND waiting_from = 'staged' AND waiting_until > clock_timestamp() + make_interval(secs => ${LOOK_AGAIN_MS}::float8 / 1000)`;

/** A page of them, of all organizations, the oldest rotations first. */
export async function listLongWaits(
  db: Database,
  { limit, after = null }: { readonly limit: number; readonly after?: string | null },
): Promise<readonly LongWait[]> {
  return byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<LongWait[]>`
      SELECT id::text, org_id AS "orgId", endpoint_id AS "endpointId", secret_arn AS "secretArn", base_version AS "baseVersion" FROM rotation_attempt
       WHERE ended_at IS NULL AND ${IS_LONG}
         AND ${after === null ? Prisma.sql`true` : Prisma.sql`(created_at, id) > (SELECT b.created_at, b.id FROM rotation_attempt b WHERE b.id = ${after}::uuid)`}
       ORDER BY created_at, id LIMIT ${checkLimit(limit)}`,
  );
}

/** Such a rotation goes on now, as the secret is not what it began with any more. Moves the moment and nothing else; `false`: it does not wait so. */
export async function endLongWait(db: Database, { attemptId, orgId }: { readonly attemptId: string; readonly orgId: string }): Promise<boolean> {
  const id = checkUuid('attemptId', attemptId);
  const ended = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`UPDATE rotation_attempt SET waiting_until = clock_timestamp() WHERE id = ${id}::uuid AND org_id = ${orgId} AND ${IS_LONG}`,
  );
  return ended === 1;
}
