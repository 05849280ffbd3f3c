import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import type { PersonalChange } from '../endpoints/seed.ts';
import { checkId, checkLimit, checkUuid } from '../input.ts';
import type { Scope } from '../scope.ts';
import { actorOf, type Requester } from '../tasks/requester.ts';

/** A code that a login waits for, as people are shown it. */
export interface WantedCode {
  readonly id: string;
  readonly orgId: string;
  readonly endpointId: string;
  readonly portalTypeCode: string;
  readonly askedAt: Date;
  /** Until then it may be answered. */
  readonly openUntil: Date;
  /** Milliseconds until then, by Postgres's clock. */
  readonly leftMs: number;
  /** Who has answered; the login has not taken it yet. */
  readonly answeredBy: string | null;
}

/** The codes that logins wait for now, the one that is over first at the top: of every organization, or of one. For `rcm_operator`, `rcm_console`, and of one for `rcm_agent`. */
export async function listWantedCodes(
  db: Database,
  { orgId, limit }: { readonly orgId?: string | undefined; readonly limit: number },
): Promise<readonly WantedCode[]> {
  if (orgId !== undefined) checkId('organization id', orgId);
  const most = checkLimit(limit);
  return byIndex(
    db,
    orgId === undefined ? 'every tenant' : { tenant: orgId },
    (tx) => tx.$queryRaw<WantedCode[]>`
      SELECT c.id, c.org_id AS "orgId", c.endpoint_id AS "endpointId", e.portal_type_code AS "portalTypeCode", c.asked_at AS "askedAt", c.open_until AS "openUntil",
             (extract(epoch FROM c.open_until - now()) * 1000)::float8 AS "leftMs", c.answered_by AS "answeredBy"
        FROM code_request c JOIN integration_endpoint e ON e.org_id = c.org_id AND e.id = c.endpoint_id
       WHERE c.taken_at IS NULL AND c.ended_at IS NULL AND c.open_until > now()
       ORDER BY c.open_until LIMIT ${most}`,
  );
}

/** What the answer to a request is sealed for, and whose the request is. `null`: there is none that may be answered now. For `rcm_operator`, `rcm_console`, and of one organization for `rcm_agent`. */
export async function keyOfCodeRequest(
  db: Database,
  requestId: string,
  scope: Scope,
): Promise<{ readonly publicKey: Uint8Array; readonly orgId: string; readonly endpointId: string } | null> {
  checkUuid('request', requestId);
  const [row] = await db.transaction(
    scope,
    (tx) => tx.$queryRaw<{ publicKey: Uint8Array; orgId: string; endpointId: string }[]>`
      SELECT c.public_key AS "publicKey", c.org_id AS "orgId", c.endpoint_id AS "endpointId" FROM code_request c
       WHERE c.id = ${requestId}::uuid AND c.answered_at IS NULL AND c.ended_at IS NULL AND c.open_until > now()`,
  );
  return row ?? null;
}

/** `already`: somebody else has answered. `over`: the login waits no longer. Nothing was kept then, nor where it is `unknown`. */
export type Answering = 'answered' | 'already' | 'over' | 'unknown';

/** Gives a login the code it waits for, sealed, with the event `code.answered` in the same transaction. For `rcm_operator`, `rcm_console`. Fails with `input_invalid` without a reason. */
export async function answerCodeRequest(
  db: Database,
  requestId: string,
  { sealed, actor, reason, scope }: PersonalChange & { readonly sealed: Uint8Array; readonly scope: Scope },
): Promise<Answering> {
  checkUuid('request', requestId);
  const [row] = await db.transaction(
    scope,
    (tx) => tx.$queryRaw<{ answer: Answering }[]>`SELECT rcm_answer_code(${requestId}::uuid, ${sealed}, ${actor}, ${reason}) AS answer`,
  );
  return row?.answer ?? 'unknown';
}

/** What a program answers with. */
export interface ProgramAnswer {
  readonly orgId: string;
  readonly requestId: string;
  readonly sealed: Uint8Array;
  readonly token: Extract<Requester, { readonly kind: 'token' }>;
}

/** The same for a program, in the name of its token, and for a login of that organization alone. For `rcm_agent`. */
export async function answerCodeAsProgram(db: Database, { orgId, requestId, sealed, token }: ProgramAnswer): Promise<Answering> {
  checkUuid('request', requestId);
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ answer: Answering }[]>`SELECT rcm_answer_code_by_token(${requestId}::uuid, ${sealed}, ${actorOf(token)}, ${token.issuer}) AS answer`,
  );
  return row?.answer ?? 'unknown';
}
