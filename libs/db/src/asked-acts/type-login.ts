import { isRcmError, RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { checkId, checkUuid } from '../input.ts';
import { isSamePerson } from './asked.ts';
import type { TypingOf } from './typed-login.ts';

/** What a rotator waits for that a person types, as a page shows it. */
export interface OpenTyping extends TypingOf {
  readonly openUntil: Date;
  /** Milliseconds until then, by Postgres's clock; none: it is over. */
  readonly leftMs: number;
  /** `null`: nothing was typed yet. */
  readonly typedAt: Date | null;
}

interface OfLogin {
  readonly orgId: string;
  readonly endpointId: string;
}

/** What is waited for at one login; `null`: nothing is. For `rcm_console`. */
export async function findTyping(db: Database, { orgId, endpointId }: OfLogin): Promise<OpenTyping | null> {
  checkId('orgId', orgId);
  checkId('endpointId', endpointId);
  const [open] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<OpenTyping[]>`
      SELECT t.request_id::text AS "requestId", r.org_id AS "orgId", r.endpoint_id AS "endpointId", r.actor, t.open_until AS "openUntil",
             greatest(extract(epoch FROM t.open_until - clock_timestamp()) * 1000, 0)::float8 AS "leftMs", t.typed_at AS "typedAt"
        FROM login_request r JOIN login_typing t ON t.request_id = r.id
       WHERE r.org_id = ${orgId} AND r.endpoint_id = ${endpointId} AND r.kind = 'set' AND r.ended_at IS NULL`,
  );
  return open ?? null;
}

interface OfPerson {
  readonly id: string;
  readonly orgId: string;
  /** Who signed in, as events name them. */
  readonly actor: string;
}

/** What is typed is sealed for. */
export interface TypingKey extends TypingOf {
  readonly publicKey: Uint8Array;
}

/**
 * The key of the rotator that waits for what this person has asked to type. `null`: there is no such request in that tenant. Fails with `state_conflict` for anybody else, where no rotator waits yet, and
 * where it was typed already or is over. For `rcm_console`.
 */
export async function typingKey(db: Database, { id, orgId, actor }: OfPerson): Promise<TypingKey | null> {
  checkUuid('id', id);
  checkId('orgId', orgId);
  const [asked] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<(TypingOf & { publicKey: Uint8Array | null; begun: boolean; over: boolean; typed: boolean })[]>`
      SELECT r.id::text AS "requestId", r.org_id AS "orgId", r.endpoint_id AS "endpointId", r.actor, t.public_key AS "publicKey", r.taken_at IS NOT NULL AS begun,
             r.ended_at IS NOT NULL OR coalesce(t.open_until <= clock_timestamp(), false) AS over, t.typed_at IS NOT NULL AS typed
        FROM login_request r LEFT JOIN login_typing t ON t.request_id = r.id
       WHERE r.id = ${id}::uuid AND r.org_id = ${orgId} AND r.kind = 'set'`,
  );
  if (!asked) return null;
  const { publicKey, begun, over, typed, ...of } = asked;
  if (!isSamePerson(actor, of.actor)) throw refused('login_typing_by_who_asked');
  if (begun || typed) throw refused('login_typing_once');
  if (over) throw refused('login_typing_in_time');
  if (publicKey === null) throw new RcmError('state_conflict', `No rotator waits for it yet. ${NOTHING}`);
  return { ...of, publicKey };
}

/** Puts what was typed, sealed, where the rotator that waits takes it, once. Fails as `typingKey`; then nothing of it is kept. For `rcm_console`. */
export async function typeLogin(db: Database, { id, orgId, actor, sealed }: OfPerson & { readonly sealed: Uint8Array }): Promise<void> {
  checkUuid('id', id);
  checkId('orgId', orgId);
  const kept = db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`UPDATE login_typing SET typed_by = ${actor}, sealed = ${sealed} WHERE request_id = ${id}::uuid AND org_id = ${orgId}`,
  );
  const rows = await kept.catch((error: unknown) => {
    const constraint = isRcmError(error) ? String(error.details.constraint) : '';
    throw constraint in REFUSED ? refused(constraint as keyof typeof REFUSED) : error;
  });
  // Its key went between the two: what it was for is begun, withdrawn or over.
  if (rows === 0) throw refused('login_typing_in_time');
}

const NOTHING = 'Nothing was sent.';
/** By the constraint of the table that says no. */
const REFUSED = {
  login_typing_once: 'It was typed already: what came of it is on the login’s page.',
  login_typing_in_time: 'Nobody waits for it any more: ask again.',
  login_typing_by_who_asked: 'Somebody else has asked for it: they alone type it.',
} as const;
const refused = (constraint: keyof typeof REFUSED): RcmError => new RcmError('state_conflict', `${REFUSED[constraint]} ${NOTHING}`);
