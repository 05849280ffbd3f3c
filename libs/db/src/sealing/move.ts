import { RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import type { Database } from '../database.ts';
import { actorOf, type Requester } from '../tasks/requester.ts';
import { FILE } from './key-file.ts';
import type { DataKeyRewrapping } from './wrapping.ts';

const PAGE = 200;

export interface DataKeyCount {
  /** `file:ID`, `kms:KEY` or `vault:MOUNT`. */
  readonly wrappedBy: string;
  readonly count: number;
}

/** How many data keys which key has wrapped, over all tenants. */
export async function dataKeyCounts(db: Database): Promise<DataKeyCount[]> {
  const rows = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ wrappedBy: string; count: bigint }[]>`SELECT wrapped_by AS "wrappedBy", count FROM rcm_data_key_counts()`,
  );
  return rows.map(({ wrappedBy, count }) => ({ wrappedBy, count: Number(count) }));
}

export interface MoveDataKeys {
  readonly wrapping: DataKeyRewrapping;
  readonly requester: Requester;
  readonly reason: string;
  readonly signal?: AbortSignal;
}

/** An organization whose data keys were left as they are, with the code of what was in the way. */
export interface NotMoved {
  readonly orgId: string;
  readonly why: string;
}

/**
 * Wraps every data key that another key file has wrapped by the current one, while everything runs: an organization's in one transaction with its
 * audit event. A data key stays the same under the same id, so nothing is sealed anew. May be killed anywhere, repeated, and run twice at once.
 * Fails with `input_invalid` without a reason.
 */
export async function moveDataKeys(db: Database, move: MoveDataKeys): Promise<{ readonly moved: number; readonly notMoved: readonly NotMoved[] }> {
  if (move.reason.trim() === '') throw new RcmError('input_invalid', 'Say why, with --reason "…": it goes into the audit trail. Nothing was changed.');
  let moved = 0;
  const notMoved: NotMoved[] = [];
  for (const { wrappedBy } of await dataKeyCounts(db)) {
    if (!wrappedBy.startsWith(FILE) || wrappedBy === move.wrapping.wrappedBy) continue;
    for await (const orgId of ownersOf(db, wrappedBy)) {
      if (move.signal?.aborted) return { moved, notMoved };
      try {
        moved += await moveOrganization(db, move, { orgId, wrappedBy });
      } catch (error) {
        notMoved.push({ orgId, why: error instanceof RcmError ? error.code : 'unexpected' });
      }
    }
  }
  return { moved, notMoved };
}

async function* ownersOf(db: Database, wrappedBy: string): AsyncGenerator<string> {
  for (let after: string | undefined = ''; after !== undefined;) {
    const last: string = after;
    const page: { orgId: string }[] = await db.transaction(
      'no tenant',
      (tx) => tx.$queryRaw<{ orgId: string }[]>`SELECT rcm_data_key_owners(${wrappedBy}, ${last}, ${PAGE}::int) AS "orgId"`,
    );
    for (const { orgId } of page) yield orgId;
    after = page.length < PAGE ? undefined : page.at(-1)?.orgId;
  }
}

async function moveOrganization(
  db: Database,
  { wrapping, requester, reason }: MoveDataKeys,
  { orgId, wrappedBy }: { readonly orgId: string; readonly wrappedBy: string },
): Promise<number> {
  const rows = await db.transaction({ tenant: orgId }, (tx) => tx.tenantDataKey.findMany({ where: { orgId, wrappedBy } }));
  const wrappedAnew = await Promise.all(
    rows.map(async (row) => {
      const owner = { orgId, keyId: row.id };
      return { id: row.id, was: row.wrapped, becomes: Buffer.from(wrapping.rewrap(owner, await wrapping.unwrap(owner, row))) };
    }),
  );
  return db.transaction({ tenant: orgId }, async (tx) => {
    let moved = 0;
    // What another run has moved meanwhile, or chores have forgotten, is not there to be moved.
    for (const { id, was, becomes } of wrappedAnew)
      moved += await tx.$executeRaw`
        UPDATE tenant_data_key SET wrapped_by = ${wrapping.wrappedBy}, wrapped = ${becomes}
         WHERE id = ${id}::uuid AND org_id = ${orgId} AND wrapped_by = ${wrappedBy} AND wrapped = ${was}`;
    if (moved > 0)
      await writeAuditEvent(tx, {
        ...{ orgId, actor: actorOf(requester), action: 'task_key.moved', subject: wrapping.wrappedBy, reason },
        details: { from: wrappedBy, to: wrapping.wrappedBy, dataKeys: moved },
      });
    return moved;
  });
}
