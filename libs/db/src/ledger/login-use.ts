import { RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import type { Database, RawTransaction } from '../database.ts';
import { checkUuid } from '../input.ts';

/** What a use of a login is told by: everything a chain from a portal's log to whoever asked goes through. */
export interface LoginUse {
  readonly orgId: string;
  readonly endpointId: string;
  /** Of the process that uses it. */
  readonly leaseId: string;
  readonly version: string;
  /** The login itself; of a kept session, the one that opened it. */
  readonly loginAttemptId: string;
  readonly taskId?: string | undefined;
  readonly rotationAttemptId?: string | undefined;
}

type Session = 'opened' | 'kept';

/** Part of the transaction that writes the login into the ledger. */
export const writeLoginUse = (tx: RawTransaction, use: LoginUse, process: string): Promise<void> => writeAuditEvent(tx, eventOf(use, process, 'opened'));

/**
 * Writes down that a session that was kept is used once more, before it is: the portal sees a click and no login, and the ledger has no line for it.
 * Fails with `lease_lost` where the lease is no longer the caller's, and with `audit_unavailable`: then the session is not to be used.
 */
export async function recordKeptSession(db: Database, use: LoginUse): Promise<void> {
  checkUuid('leaseId', use.leaseId);
  await db
    .transaction({ tenant: use.orgId }, async (tx) => {
      const [lease] = await tx.$queryRaw<{ holder: string }[]>`
        SELECT holder FROM login_lease
         WHERE id = ${use.leaseId}::uuid AND org_id = ${use.orgId} AND endpoint_id = ${use.endpointId} AND expires_at > clock_timestamp()`;
      if (!lease)
        throw new RcmError('lease_lost', 'The lease on the login ran out before its kept session was used.', { details: { endpointId: use.endpointId } });
      await writeAuditEvent(tx, eventOf(use, lease.holder, 'kept'));
    })
    .catch((error: unknown) => {
      throw unwritten(error);
    });
}

function eventOf({ orgId, endpointId, leaseId, version, loginAttemptId, taskId, rotationAttemptId }: LoginUse, process: string, session: Session) {
  const [reason, about] =
    taskId !== undefined ? ['a task', { taskId }] : rotationAttemptId !== undefined ? ['a rotation', { rotationAttemptId }] : ['a check of the login', {}];
  return {
    orgId,
    actor: process,
    action: 'login.used',
    subject: endpointId,
    reason,
    details: { session, process, leaseId, version, loginAttemptId, ...about },
  };
}

const unwritten = (error: unknown): unknown =>
  error instanceof RcmError && (error.code === 'database_failed' || error.code === 'database_unavailable')
    ? new RcmError('audit_unavailable', 'The audit event could not be written, so the kept session was not used.', { cause: error })
    : error;
