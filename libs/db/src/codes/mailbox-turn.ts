import type { Database } from '../database.ts';
import { checkMs, checkUuid } from '../input.ts';

/** The turn to read a mailbox. */
export interface MailboxTurn {
  /** A keyed fingerprint of the mailbox. */
  readonly mailbox: string;
  /** A UUID of the reader's own, new with each process. */
  readonly reader: string;
}

/** Takes the turn to read a mailbox, or keeps it, for `forMs`: ten minutes at most. `false`: another reader has it. For `rcm_agent`. */
export async function takeMailboxTurn(db: Database, { mailbox, reader }: MailboxTurn, forMs: number): Promise<boolean> {
  checkUuid('reader', reader);
  const ms = checkMs('forMs', forMs, 1);
  const [row] = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ taken: boolean }[]>`SELECT rcm_take_mailbox_turn(${mailbox}, ${reader}::uuid, ${ms}::integer) AS taken`,
  );
  return row?.taken ?? false;
}

/** Gives the turn back, so that another reader need not wait for its end. For `rcm_agent`. */
export async function leaveMailboxTurn(db: Database, { mailbox, reader }: MailboxTurn): Promise<void> {
  checkUuid('reader', reader);
  await db.transaction('no tenant', (tx) => tx.$queryRaw`SELECT rcm_leave_mailbox_turn(${mailbox}, ${reader}::uuid)::text`);
}
