import { hasCode, RcmError } from '@rcm/telemetry';
import type { Transaction } from '../database.ts';
import { enterScope } from '../enter-scope.ts';
import { FILE } from './key-file.ts';
import type { DataKeyWrapping } from './wrapping.ts';

/**
 * Refuses to work with key files that others do not have: without one that has wrapped data keys which are there, and with another key under an
 * id that is taken, which shows by its opening none of what that id has wrapped. Else every task of before would wait for a key that never comes, and
 * what is new would be sealed for nobody else. Fails with `config_invalid`.
 */
export async function checkTaskKeys(tx: Transaction, wrapping: DataKeyWrapping): Promise<void> {
  const files = wrapping.files ?? [];
  const used = await tx.$queryRaw<{ name: string }[]>`SELECT rcm_data_key_wrappers() AS name`;
  const missing = used.find(({ name }) => name.startsWith(FILE) && !files.includes(name))?.name;
  if (missing !== undefined) {
    const id = missing.slice(FILE.length);
    throw refused(
      `what tasks hold is sealed under data keys that the key file with the id ${id} has wrapped, and this process does not have it as RCM_TASK_KEY or RCM_PREVIOUS_TASK_KEY. ` +
        `Give it that key too; once \`web-agent keys\` shows nothing under ${id} (\`web-agent keys --move\`), it may go`,
    );
  }
  for (const name of files)
    if ((await opensAny(tx, wrapping, name)) === false)
      throw refused(
        `the id ${name.slice(FILE.length)} belongs to another task key than the one that this process has: it opens none of the data keys that are there by that id. ` +
          'Give it the key that the other web-agents have; a new key needs an id that was never used',
      );
}

/** `null`: there is nothing to try. */
async function opensAny(tx: Transaction, wrapping: DataKeyWrapping, name: string): Promise<boolean | null> {
  // Another key's samples may have left the transaction with a tenant, of which alone these would be.
  await enterScope(tx, 'no tenant');
  const samples = await tx.$queryRaw<{ keyId: string; orgId: string }[]>`SELECT key_id::text AS "keyId", org_id AS "orgId" FROM rcm_data_key_samples(${name})`;
  let tried = false;
  for (const { keyId, orgId } of samples) {
    await enterScope(tx, { tenant: orgId });
    const row = await tx.tenantDataKey.findFirst({ where: { id: keyId, orgId, wrappedBy: name } });
    if (row === null) continue;
    tried = true;
    const refusal: unknown = await wrapping.unwrap({ orgId, keyId }, row).then(
      () => null,
      (error: unknown) => error,
    );
    // Whatever else is in the way says nothing of the key.
    if (!hasCode(refusal, 'task_data_unreadable')) return true;
  }
  return tried ? false : null;
}

const refused = (why: string): RcmError => new RcmError('config_invalid', `This process does not start: ${why} (docs/keys.md). No task was read or changed.`);
