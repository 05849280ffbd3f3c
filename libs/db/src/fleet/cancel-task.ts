import type { Database } from '../database.ts';
import type { PersonalChange } from '../endpoints/seed.ts';
import { checkUuid } from '../input.ts';
import type { Scope } from '../scope.ts';

/**
 * Ends a task of any organization, or of the one that `scope` says, that has not ended, with the event of the person who does it in the same transaction. For `rcm_operator`, `rcm_console`. Returns whose it was;
 * `null`: there is none, or it has ended. Fails with `input_invalid` without a reason.
 */
export async function cancelTaskOfAny(
  db: Database,
  taskId: string,
  { actor, reason, scope = 'every tenant' }: PersonalChange & { readonly scope?: Scope },
): Promise<{ readonly orgId: string } | null> {
  checkUuid('task', taskId);
  const [row] = await db.transaction(
    scope,
    (tx) => tx.$queryRaw<{ orgId: string | null }[]>`SELECT rcm_cancel_task(${taskId}::uuid, ${actor}, ${reason}) AS "orgId"`,
  );
  return row?.orgId ? { orgId: row.orgId } : null;
}
