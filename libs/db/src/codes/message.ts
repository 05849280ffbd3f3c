import type { Database } from '../database.ts';
import { checkId, checkMs, checkUuid } from '../input.ts';
import type { Answering } from './answer.ts';

/** A login whose turn it is at an inbox: a message there may be its own. */
export interface TurnAtInbox {
  readonly requestId: string;
  readonly orgId: string;
  readonly endpointId: string;
  /** Its page has asked; before that it takes no answer. */
  readonly hasAsked: boolean;
  /** What an answer is sealed for. */
  readonly publicKey: Uint8Array;
  /** What its portal's recipe says of messages with codes; `null`: nothing. */
  readonly words: unknown;
}

/** The logins whose turn it is at an inbox now, of whatever organization; `inboxes` are keyed fingerprints of its one number or address. For `rcm_agent`. */
export async function turnsAtInbox(db: Database, inboxes: readonly string[]): Promise<readonly TurnAtInbox[]> {
  return db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<TurnAtInbox[]>`
      SELECT request AS "requestId", org AS "orgId", endpoint AS "endpointId", asked AS "hasAsked", answer_for AS "publicKey", words
        FROM rcm_turns_at_inbox(${[...inboxes]}::text[])`,
  );
}

export interface MessageAnswer {
  readonly orgId: string;
  readonly requestId: string;
  readonly sealed: Uint8Array;
  /** By which it came: `twilio`. */
  readonly gateway: string;
  /** When it was sent, where the gateway says so. */
  readonly sentAt: Date | null;
  /** Keyed fingerprints of the message: it counts once. */
  readonly prints: readonly string[];
  /**
   * Of its code at the inbox: it counts once in four days, since codes are short and come again by chance. `ownPrints`: of the code for this login alone, where it is good for
   * longer than one login and counts again for the one that was let in with it (`noteLastingCode`); else none.
   */
  readonly code: { readonly codePrints: readonly string[]; readonly ownPrints: readonly string[] };
}

/** `repeated`: the message, or its code, was taken before. `older`: it was sent before the login began. */
export type MessageAnswering = Answering | 'repeated' | 'older';

/** Gives a login the code of a message, sealed, with the event `code.answered` in the same transaction. A newer one takes the place of an older one that was not taken yet. For `rcm_agent`. */
export async function answerCodeByMessage(db: Database, { orgId, requestId, sealed, gateway, sentAt, prints, code }: MessageAnswer): Promise<MessageAnswering> {
  checkId('organization id', orgId);
  checkUuid('request', requestId);
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ answer: MessageAnswering }[]>`
      SELECT rcm_answer_lasting_code(${requestId}::uuid, ${sealed}, ${gateway}, ${sentAt}::timestamptz, ${[...prints]}::text[],
                                     ${[...code.codePrints]}::text[], ${[...code.ownPrints]}::text[]) AS answer`,
  );
  return row?.answer ?? 'unknown';
}

/** Writes down that a message came that nobody waited for: it is nobody's later either, for `keptMs` (an hour to 400 days). `false`: it was taken before. For `rcm_agent`. */
export async function noteMessage(db: Database, { prints, keptMs }: { readonly prints: readonly string[]; readonly keptMs: number }): Promise<boolean> {
  const kept = checkMs('keptMs', keptMs);
  const [row] = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ isNew: boolean }[]>`SELECT rcm_note_message(${[...prints]}::text[], make_interval(secs => ${kept}::float8 / 1000)) AS "isNew"`,
  );
  return row?.isNew ?? false;
}
