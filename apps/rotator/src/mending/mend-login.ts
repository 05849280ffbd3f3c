import { formatReference, parsePayload, serializePayload, type StoredSecret } from '@rcm/credentials';
import { recordAuditEvent } from '@rcm/db';
import type { HeldLease } from '@rcm/db/holding';
import { passwordTries } from '@rcm/db/ledger';
import { findOpenRotation, followStoreVersion, noteSearched, postponeSearch, type SearchStart, startSearch, tellFound } from '@rcm/db/rotation';
import { accountOf, type MigratedEndpoint } from '@rcm/portal-access';
import { type Candidate, foundOf } from '../finding/candidate.ts';
import { findAccepted } from '../finding/find-accepted.ts';
import { heldOptions, type LoginInHand, loginInHand, readCurrent } from '../finding/login-in-hand.ts';
import { refusesEverybody } from '../finding/refuses-everybody.ts';
import type { Hold } from '../machine/login-events.ts';
import type { Rotator } from '../rotator.ts';
import { reconcileCurrent, type Reconciled } from './reconcile-current.ts';

/**
 * `other_account`, `renamed`, `account_in_use`, `merged`, `restored`: as `Reconciled`, without a login. `accepted`: the portal accepts what is current after all. `found`: it accepts a kept
 * copy, which is current now. `none`: nothing that is stored. `later`: not all could be asked yet. `open`: a rotation of the account is open, whichever organization's, and finds out itself.
 */
export type Mended = Reconciled | 'accepted' | 'found' | 'none' | 'later' | 'open';

/**
 * A login of which somebody was refused with what the store holds, under its exclusive lease: finds out what the portal accepts, and makes that current. Password only:
 * everything else stays as it is in the store. May be repeated after a crash at any point. `tryCurrent`: how a person who wants it tried now has the current one tried,
 * whatever others meet; returns whether the portal accepts it.
 */
export async function mendLogin(
  rotator: Rotator,
  endpoint: MigratedEndpoint,
  held: HeldLease,
  tryCurrent?: (current: StoredSecret) => Promise<boolean>,
): Promise<Mended> {
  const { db } = rotator;
  const { orgId, loginIdentity } = endpoint;
  if (await findOpenRotation(db, { orgId, loginIdentity })) return 'open';
  const start = await startSearch(db, { orgId, endpointId: endpoint.id });
  const login = loginInHand(rotator, endpoint, held);
  const current = await readCurrent(login);
  const reconciled = await reconcileCurrent(rotator, login, current);
  if (reconciled === 'account_in_use') return later(rotator, start, { detail: reconciled }, reconciled);
  // Under its new name the account is still to be searched.
  if (reconciled === 'renamed') return reconciled;
  if (reconciled) return ended(rotator, start, reconciled);
  if (await tryCurrent?.(current)) return ended(rotator, start, 'accepted');
  // What a portal says that refuses everybody means little; a search would spend what the account has left of its budget.
  if (await refusesEverybody(rotator, login)) return later(rotator, start, { detail: 'the portal refuses others too', forMs: rotator.breaker.windowMs });

  const { fingerprints } = accountOf(rotator.keys, endpoint, parsePayload(current.text));
  const known = await passwordTries(db, { orgId, loginIdentity, fingerprints, since: new Date(0) });
  // A portal may come to accept a copy that it refused before, so each refusal of what is current asks for all again; what cools down, cools down.
  const found = await findAccepted({ services: rotator, login, attemptId: null, since: known.refusedLastAt ?? known.now, asksTwice: 'nothing' });
  if (found.kind === 'later') return later(rotator, start, found.hold);
  if (found.kind === 'none') return ended(rotator, start, 'none');
  if (found.candidate.name.kind === 'current') return ended(rotator, start, 'accepted');
  await makeCurrent(rotator, login, current, found.candidate);
  return ended(rotator, start, 'found');
}

async function makeCurrent(rotator: Rotator, login: LoginInHand, current: StoredSecret, { name, password }: Candidate): Promise<void> {
  const { endpoint, store, reference } = login;
  const { orgId, id: endpointId } = endpoint;
  const found = foundOf(name, '');
  await recordAuditEvent(rotator.db, {
    orgId,
    actor: rotator.owner,
    action: 'secret.put_right',
    subject: endpointId,
    reason: 'the portal accepts another stored password than the current one',
    details: { found, baseVersion: current.version },
  });
  const text = serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, password: password.reveal() })));
  const { version } = await store.replace(reference, text, current.version, heldOptions(login));
  await followStoreVersion(rotator.db, { endpointId, orgId, secretArn: formatReference(reference), from: current.version, to: version });
  await tellFound(rotator.db, { orgId, endpointId, portalTypeCode: endpoint.portalTypeCode, version, found });
}

async function ended({ db, logger }: Rotator, start: SearchStart, mended: Mended): Promise<Mended> {
  await noteSearched(db, start);
  logger.info({ endpointId: start.endpointId, outcome: mended }, 'a login whose password was refused was searched for the one that its portal accepts');
  return mended;
}

async function later({ db, timing }: Rotator, start: SearchStart, { until, forMs }: Hold, mended: Mended = 'later'): Promise<Mended> {
  await postponeSearch(db, { ...start, ...(until ? { until } : { forMs: forMs ?? timing.retryMs }) });
  return mended;
}
