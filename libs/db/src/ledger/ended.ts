import { hasEnded } from '@rcm/telemetry';
import type { RawTransaction } from '../database.ts';

/**
 * Looks which of a login's unanswered attempts were made by processes that have ended on this machine, and notes it for all: what has not come by then, and within
 * the two minutes for which a kernel may still send, does not come. The sooner it is noted, the sooner a portal has forgotten it (`rcm_login_ledger`).
 */
export async function noteEndedProcesses(tx: RawTransaction, loginIdentity: string): Promise<void> {
  // Older ones are held against nobody (docs/adr/0013).
  const open = await tx.$queryRaw<{ id: string; process: string | null }[]>`
    SELECT id::text, process FROM login_attempt
     WHERE login_identity = ${loginIdentity} AND outcome IS NULL AND process_ended_at IS NULL AND started_at > transaction_timestamp() - interval '1 day'`;
  for (const { id, process } of open) {
    if (process === null || !hasEnded(process)) continue;
    await tx.$executeRaw`UPDATE login_attempt SET process_ended_at = clock_timestamp(), ended_no = nextval('event_order') WHERE id = ${id}::uuid AND outcome IS NULL AND process_ended_at IS NULL`;
  }
}
