import { hasEnded } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { checkMs } from '../input.ts';
import { type Startable, startableNow, type StartableQuestion } from './startable.ts';

export interface StartableTaking extends Omit<StartableQuestion, 'except'> {
  /** The process that takes them, by its `processName`. */
  readonly holder: string;
  /** How long they are this one's at most, in ms: until the journal says that they are rotated, or they are given back. */
  readonly ttlMs: number;
  /** Ids of the endpoints that the process is at now. Whatever else it had taken is free again, also where giving it back has failed. */
  readonly inHand: readonly string[];
  /** Ids of endpoints that it does not want now. */
  readonly coolingDown: readonly string[];
}

/**
 * Takes logins that may be rotated now (`listStartable`), so that no other rotator takes them meanwhile. That is all it says: a login whose taking ran out
 * may be taken twice, and lease and journal let one of the two rotate it. A taking ends also when its process is known to have ended on this machine.
 * Rotators take one after another, so that two of them never fill one portal type's room twice.
 */
export async function takeStartable(db: Database, { holder, ttlMs, inHand, coolingDown, ...question }: StartableTaking): Promise<readonly Startable[]> {
  const ms = checkMs('ttlMs', ttlMs);
  return db.transaction('every tenant', async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('rcm take startable', 0))`;
    const holders = await tx.$queryRaw<{ holder: string }[]>`SELECT DISTINCT holder FROM rotation_claim`;
    const ended = holders.map((claim) => claim.holder).filter(hasEnded);
    await tx.$executeRaw`
      DELETE FROM rotation_claim WHERE claimed_until < clock_timestamp() OR holder = ANY (${ended}::text[]) OR (holder = ${holder} AND endpoint_id <> ALL (${inHand}::text[]))`;
    const startable = await startableNow(tx, { ...question, except: [...inHand, ...coolingDown] });
    await tx.$executeRaw`
      INSERT INTO rotation_claim (endpoint_id, org_id, holder, claimed_until)
      SELECT id, org, ${holder}, clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)
        FROM unnest(${startable.map(({ endpointId }) => endpointId)}::text[], ${startable.map(({ orgId }) => orgId)}::text[]) AS t (id, org)`;
    return startable;
  });
}

/** The login is nobody's any more. Harmless where it is another's, or nobody's already. */
export async function giveBackStartable(db: Database, given: { readonly endpointId: string; readonly orgId: string; readonly holder: string }): Promise<void> {
  const { endpointId, orgId, holder } = given;
  await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`DELETE FROM rotation_claim WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND holder = ${holder}`,
  );
}
