import type { RawTransaction } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import type { NewNotification } from './notification.ts';

/**
 * Part of the transaction that makes the state it tells of, so there is never one without the other. What was told of already is not told
 * again, by whichever process. The insert names no conflict target: an agent may add notifications, and read none.
 */
export async function writeNotification(tx: RawTransaction, notification: NewNotification): Promise<void> {
  const { kind, key, every = 'ever', orgId = null, endpointId = null, portalTypeCode = null, attemptId = null, detail = null } = notification;
  await tx.$executeRaw`
    INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, portal_type_code, attempt_id, detail)
    VALUES (${kind}, ${`${kind}:${key}`} || ${PERIOD[every]}, ${orgId}, ${endpointId}, ${portalTypeCode}, ${attemptId}::uuid, ${detail}) ON CONFLICT DO NOTHING`;
}

/** By Postgres's clock, so that processes whose clocks differ tell the same thing once. */
const PERIOD: Readonly<Record<NonNullable<NewNotification['every']>, Prisma.Sql>> = {
  ever: Prisma.sql`''`,
  day: Prisma.sql`to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD')`,
  hour: Prisma.sql`to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD"T"HH24')`,
};
