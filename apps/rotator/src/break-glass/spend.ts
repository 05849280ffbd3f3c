import { type CredentialPayload, type IdentityKeys, parsePayload, parseReference, rotationOf } from '@rcm/credentials';
import { type AskedAct, endAct, findBreakGlass, openGlass, stayDue } from '@rcm/db/acts';
import { accountOf, codeSource, goesBy, type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { isRcmError, RcmError, type Secret } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';
import type { Delivering } from '../services.ts';
import { tellFirst } from './tell-first.ts';

/** What may be shown now, once. */
export interface Glass {
  readonly asked: AskedAct;
  readonly endpoint: { readonly id: string; readonly portalTypeCode: string; readonly baseUrl: string };
  /** Until then it may be used; then it is due to be changed. */
  readonly until: Date;
  /** The state of a rotation that is open; `null`: none is. */
  readonly rotation: string | null;
  readonly payload: Secret<CredentialPayload>;
  /** One-time codes of the login; `null`: it has none. */
  readonly code: (() => Promise<Secret<string>>) | null;
}

interface Spending {
  readonly requestId: string;
  readonly actor: string;
  readonly config: RotatorConfig;
  /** The key of the console's page that waits for it; none at a terminal. */
  readonly waits?: Uint8Array;
  readonly signal: AbortSignal;
}

/**
 * Spends a request that a second person has approved, and shows what it is for. In this order: it is taken, with its audit event and the rotation that it makes due; people are told; it is read;
 * it is shown, and `show` says in words what came of it. Whatever fails before `show` says that it hands it over, nothing is shown; from then on nobody knows, and a rotator ends the request as `left`. Fails with `input_invalid` where there is no such request, as `openGlass`, with `deadline_exceeded` where nobody could be told.
 */
export async function spendGlass(
  opened: Delivering,
  { requestId: id, actor, config, waits, signal }: Spending,
  show: (glass: Glass, handsOver: () => void) => Promise<string>,
): Promise<void> {
  const { db, rotator } = opened;
  const asked = await findBreakGlass(db, { id });
  if (!asked?.orgId || !asked.endpointId) throw new RcmError('input_invalid', `There is no break-glass request ${id}. Nothing was shown.`);
  const { orgId } = asked;
  const endpoint = await migratedEndpoint(db, { orgId, endpointId: asked.endpointId });
  const glass = await openGlass(db, { id, orgId, actor, waits });
  const end = (outcome: 'done' | 'failed', code: string | null, words: string) => endAct(db, { id, orgId, outcome, code, words });
  let isOut = false;
  try {
    await tellFirst(opened, config, { id, orgId, signal });
    const current = await rotator.stores.forTenant(orgId).read(parseReference(endpoint.secretArn), { signal });
    if (!current) throw new RcmError('secret_missing', `The secret of ${endpoint.id} is not in its store. Nothing was shown.`);
    const rotation = await stayDue(db, { orgId, ...glass, madeBy: rotationOf(current.text).attemptId });
    const payload = parsePayload(current.text);
    mustBeItsAccount(rotator.keys, endpoint, payload);
    const { clock, metrics } = rotator;
    const code = await codeSource({ db, clock, metrics, endpoint, loginIdentity: endpoint.loginIdentity, payload, waitMs: config.RCM_TOTP_WAIT_MS, signal });
    const shown = await show({ asked, endpoint, until: glass.until, rotation, payload, code }, () => void (isOut = true));
    await end('done', null, shown);
  } catch (error) {
    if (isOut) throw mayHaveBeenRead(error);
    const known = isRcmError(error) ? error : null;
    // What failed is what the person has to know; a request that could not be ended is ended as `left`, by a rotator.
    await end('failed', known?.code ?? 'unexpected', known?.message ?? 'An unexpected error; whoever asked has seen it.').catch(() => undefined);
    throw error;
  }
}

/** A person may have put another account into the secret, and the row names it once a rotator has seen that: two people decided on the password of the one that the row names. */
function mustBeItsAccount(keys: IdentityKeys, endpoint: MigratedEndpoint, payload: Secret<CredentialPayload>): void {
  const account = accountOf(keys, endpoint, payload);
  if (goesBy(account, endpoint.loginIdentity) || account.former.includes(endpoint.loginIdentity)) return;
  throw new RcmError('state_conflict', `The secret of ${endpoint.id} names another account than its row: ${SEEN_FIRST} Nothing was shown.`);
}
const SEEN_FIRST = '`rcm login verify` lets the row follow, and then ask again.';

/** What is left to fail once it is handed over is the database's answer: whether the console has it, or that the request has ended. */
const mayHaveBeenRead = (cause: unknown): RcmError =>
  new RcmError(
    isRcmError(cause) ? cause.code : 'database_failed',
    'It was handed over, and its end could not be noted: it may have been read, and is due to be changed.',
    { cause, details: { handedOver: true } },
  );
