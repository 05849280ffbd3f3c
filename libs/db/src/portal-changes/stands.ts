import { RcmError } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { checkId } from '../input.ts';

/** A portal type as it stands, in one word: another one after every save. `null`: there is none. For `rcm_operator`, `rcm_console`, and the tables' owner. */
export async function portalTypeStands(db: Database, { code }: { readonly code: string }): Promise<string | null> {
  checkId('portal type code', code);
  return db.transaction('no tenant', (tx) => wordOf(tx, code));
}

/**
 * Until the transaction ends, nobody else saves this portal type, also where it is not there yet. `stood`: what the save was made on; where it stands otherwise by now, somebody else has saved it meanwhile: fails
 * with `state_conflict`. Not FOR UPDATE: endpoints and rotations that name the type need not wait.
 */
export async function lockPortalType(tx: Transaction, { code, stood }: { readonly code: string; readonly stood?: string | null | undefined }): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('rcm_portal_type ' || ${code}::text, 0))`;
  await tx.$executeRaw`SELECT FROM portal_type p WHERE p.code = ${code} FOR NO KEY UPDATE`;
  if (stood === undefined || stood === (await wordOf(tx, code))) return;
  throw new RcmError(
    'state_conflict',
    `Portal type ${code} was saved by somebody else meanwhile: look at what would change now (\`rcm portal-type diff\`), and save again. Nothing was changed.`,
  );
}

async function wordOf(tx: Transaction, code: string): Promise<string | null> {
  const [row] = await tx.$queryRaw<{ stands: string | null }[]>`SELECT rcm_portal_type_stands(${code}) AS stands`;
  return row?.stands ?? null;
}
