import type { Database } from '../database.ts';
import type { PersonalChange } from '../endpoints/seed.ts';
import { checkUuid } from '../input.ts';

/**
 * Ends a task of any organization that has not ended, with the event of the person who does it in the same transaction. For `rcm_operator`. Returns whose it was;
 * `null`: there is none, or it has ended. Fails with `input_invalid` without a reason.
 */
export async function cancelTaskOfAny(db: Database, taskId: string, { actor, reason }: PersonalChange): Promise<{ readonly orgId: string } | null> {
  checkUuid('task', taskId);
  const [row] = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ orgId: string | null }[]>`SELECT rcm_cancel_task(${taskId}::uuid, ${actor}, ${reason}) AS "orgId"`,
  );
  return row?.orgId ? { orgId: row.orgId } : null;
}
