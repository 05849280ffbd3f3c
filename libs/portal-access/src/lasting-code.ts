import { codePrints, type CredentialPayload, type IdentityKeys, ownCodePrints } from '@rcm/credentials';
import type { Database, EndpointRow } from '@rcm/db';
import { isCodeOver, noteLastingCode } from '@rcm/db/codes';
import { deviceValidity } from '@rcm/db/ledger';
import { type CodeLife, endOfCode, type LoginOutcomeKind } from '@rcm/portal-drivers';
import type { Clock, Logger, Secret } from '@rcm/telemetry';
import { type PersonCodes, personCodes, type PersonRequest } from './asked-code.ts';
import type { KeptCodes } from './kept-codes.ts';

/** What the portal made of a code. `unclear`: it never saw it, or has said nothing of it. */
export type CodeEnd = 'accepted' | 'refused' | 'unclear';

export interface LastingCodeRequest extends PersonRequest {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly endpoint: EndpointRow;
  readonly loginIdentity: string;
  readonly payload: Secret<CredentialPayload>;
  readonly keys: IdentityKeys;
  /** For how long the portal's codes are good. Default: for the login that they were sent for. */
  readonly codeLife?: CodeLife | undefined;
  /** Where the process keeps those that are good for longer. Default: it keeps none. */
  readonly keptCodes?: KeptCodes | undefined;
}

/** Codes of people, as `PersonCodes`, and those of before that are still good. */
export interface LastingCodes extends PersonCodes {
  /** What became of the code that was given last: one that let the login in is kept, one that was refused is not typed again. Never fails. */
  readonly heed: (end: CodeEnd) => Promise<void>;
}

/**
 * The codes of a login whose portal takes one for longer than one login: the one that this process was let in with before, if there is one; else somebody is asked. The turn is taken in any case, since the
 * portal may send a message now, and whoever shares the inbox must not get it. Fails as `personCodes`, and with `database_unavailable`.
 */
export async function lastingCodes(request: LastingCodeRequest, codeLife: CodeLife, keptCodes: KeptCodes): Promise<LastingCodes> {
  const { db, clock, logger, metrics, endpoint } = request;
  const counted = metrics?.counter('rcm_lasting_codes_total');
  const owner = { orgId: endpoint.orgId, endpointId: endpoint.id };
  const login = nameOf(request);
  const asked = await personCodes({ ...request, asks: keptCodes.find(login) ? 'nobody' : 'somebody' });
  const { now: since } = await deviceValidity(db, owner).catch(async (error: unknown) => {
    await asked.end();
    throw error;
  });
  // From before the password is sent: the portal counts from when it sends the code, which is later.
  const endsAt = endOfCode(codeLife, clock.now());
  let given: { readonly code: Secret<string>; readonly from: 'before' | 'somebody' } | null = null;

  async function stillGood(): Promise<Secret<string> | null> {
    const kept = given === null ? keptCodes.find(login) : null;
    if (!kept) return null;
    const isOver = await isCodeOver(db, { ...owner, since: kept.since }).catch((error: unknown) => {
      logger.warn({ err: error, ...owner }, 'whether a code of before is still good could not be asked; it is not typed');
      return true;
    });
    if (!isOver) return kept.code;
    keptCodes.drop(login);
    counted?.inc({ code: 'over' });
    return null;
  }

  return {
    brokenOff: asked.brokenOff,
    end: asked.end,
    async next() {
      const before = await stillGood();
      const code = before ?? (await asked.next());
      given = code && { code, from: before ? 'before' : 'somebody' };
      if (before) logger.info({ endpointId: endpoint.id }, 'a code of before is typed, which the portal takes for longer than one login');
      return code;
    },
    async heed(end) {
      if (given === null || end === 'unclear') return;
      if (given.from === 'before') counted?.inc({ code: end });
      if (end === 'refused') keptCodes.drop(login);
      if (end === 'refused' || given.from === 'before') return;
      counted?.inc({ code: 'new' });
      keptCodes.keep(login, { code: given.code, since, endsAt });
      await note(request, given.code, endsAt).catch((error: unknown) =>
        logger.warn({ err: error, endpointId: endpoint.id }, 'a code that is good for longer could not be noted; a message with it counts no more'),
      );
    },
  };
}

/** Whatever of it is another, the code is another's: organization, login, account, portal, secret and address. */
const nameOf = ({ endpoint: { orgId, id, portalTypeCode, secretArn, baseUrl }, loginIdentity }: LastingCodeRequest): string =>
  JSON.stringify([orgId, id, portalTypeCode, loginIdentity, secretArn, baseUrl]);

/** From now on a message with this code is this login's, and no other's that shares its inbox. */
async function note({ db, clock, keys, payload, endpoint, leaseId }: LastingCodeRequest, secret: Secret<string>, endsAt: Date): Promise<void> {
  const { codes_to: address } = payload.reveal();
  if (!address) return;
  // As `codeIn` reads it out of a message, however a person typed it.
  const code = secret.reveal().replace(/[\s-]/g, '');
  const owner = { orgId: endpoint.orgId, endpointId: endpoint.id };
  await noteLastingCode(db, {
    ...{ ...owner, leaseId, goodMs: Math.max(0, endsAt.getTime() - clock.now().getTime()) },
    codePrints: codePrints(keys, { address, code }),
    ownPrints: ownCodePrints(keys, { address, code, ...owner }),
  });
}

/** What a login's end says of the code that was typed into it. */
export const CODE_ENDS: Readonly<Record<LoginOutcomeKind, CodeEnd>> = {
  ...{ accepted: 'accepted', password_expired: 'accepted', change_forced: 'accepted' },
  ...{ unavailable: 'unclear', host_moved: 'unclear', throttled: 'unclear', locked: 'unclear' },
  ...{ rejected: 'refused', rejected_or_locked: 'refused', challenged: 'refused' },
  ...{ mfa_required: 'refused', mfa_rejected: 'refused', unknown: 'refused' },
};
