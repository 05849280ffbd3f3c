import type { Database } from '../database.ts';
import type { PortalTask as Row } from '../generated/client.ts';
import { checkLimit } from '../input.ts';
import { type Sealed, sealField } from './sealed.ts';

export interface PlainTasks {
  /** Rows that one call looks at, at most. Default 200. */
  readonly most?: number;
}

/**
 * Seals what tasks of before still hold plain, while everything runs; ended ones too. Returns how many rows; as many as `most` means there may be
 * more. Any number of processes may call it, and a row that two seal at once is sealed once. The bytes that were plain stay in dead rows until
 * the table's storage is rewritten (`migrator scrub`). Fails with `data_key_unavailable`; what was sealed until then is.
 */
export async function sealPlainTasks(db: Database, { most = 200 }: PlainTasks = {}): Promise<number> {
  const limit = checkLimit(most);
  const found = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ taskId: string; orgId: string }[]>`SELECT task_id::text AS "taskId", org_id AS "orgId" FROM rcm_plain_tasks(${limit}::int)`,
  );
  let sealed = 0;
  for (const { taskId, orgId } of found) {
    const row = await db.transaction({ tenant: orgId }, (tx) => tx.portalTask.findFirst({ where: { id: taskId, orgId } }));
    if (row && (await sealRow(db, row))) sealed += 1;
  }
  return sealed;
}

/** A plain value only goes, so what was sealed here is what the row held when it is written. */
async function sealRow(db: Database, row: Row): Promise<boolean> {
  const place = { orgId: row.orgId, taskId: row.id };
  const input: Sealed | null = row.input === null ? null : await sealField(db, { ...place, field: 'input' }, row.input);
  const result: Sealed | null = row.result === null ? null : await sealField(db, { ...place, field: 'result' }, row.result);
  const changed = await db.transaction({ tenant: row.orgId }, async (tx) => {
    const inputs = input
      ? await tx.$executeRaw`UPDATE portal_task SET input = NULL, input_sealed = ${input.bytes}, input_key_id = ${input.keyId}::uuid WHERE id = ${row.id}::uuid AND input IS NOT NULL`
      : 0;
    const results = result
      ? await tx.$executeRaw`UPDATE portal_task SET result = NULL, result_sealed = ${result.bytes}, result_key_id = ${result.keyId}::uuid WHERE id = ${row.id}::uuid AND result IS NOT NULL`
      : 0;
    return inputs + results;
  });
  return changed > 0;
}
