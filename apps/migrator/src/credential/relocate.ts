import { formatReference, isSameText, type NewPlace, parseReference, placeForSize, placeKey, type SecretReference, type StoredSecret } from '@rcm/credentials';
import { type EndpointRow, findEndpoint } from '@rcm/db';
import { type HeldLease, withExclusiveLease } from '@rcm/db/holding';
import { beginMove, endMove, type MoveAnswer, recordMove, type SecretMove } from '@rcm/db/migration';
import { getOpenAttempt } from '@rcm/db/rotation';
import { type ErrorCode, hasCode, isRcmError, RcmError } from '@rcm/telemetry';
import { LEASE_MARGIN_MS, leaseRequest } from '../lease-request.ts';
import { type Migration, toTheEnd } from '../migration.ts';
import { isIdentityOf } from './examine.ts';
import { dropLeftDevice } from './left-device.ts';
import { placeIn, type PlacedSecret, secretOf, type Why } from './move.ts';
import { refuseStranger, strange } from './refuse-stranger.ts';

/** `already`: it lies there. */
export interface Relocated {
  readonly is: 'moved' | 'already';
  readonly from: string;
  readonly to: string;
}

/** Why it is moved, and whether a login is to show afterwards that it is accepted there (default: nobody waits for one). */
type MoveAct = Why & Pick<SecretMove, 'proof'>;

/**
 * Moves a login's secret to another place of the same organization: copied, read back and compared, then named by the row in one transaction with its event. Where it was, it
 * stays as it is; nobody but the guardian removes secrets (what the portal knew the device by is written over), and what rotations have staged there is found by the journal. Nothing logs in or rotates meanwhile. Safe to repeat
 * after a crash at any point. Fails with `state_conflict` (a rotation is open, a move to another place was begun, the row or secret changed meanwhile), `row_edited` (the row
 * holds plaintext), `endpoint_retired`, `input_invalid` (not a place of this deployment), `store_conflict` (something else lies there), `payload_too_large`, `store_full`,
 * `lease_*`, `store_*`, `database_*`; the row then names what it named, unless the message says otherwise. Once the row is to be changed a stop ends nothing any more.
 */
export async function relocateEndpoint(migration: Migration, endpoint: EndpointRow, to: NewPlace, act: MoveAct): Promise<Relocated> {
  const reference = mayMove(migration, endpoint, to);
  const [from, there] = [placeKey(reference), placeKey(to)];
  if (from === there) return { is: 'already', from, to: there };
  await withExclusiveLease(leaseRequest(migration, endpoint), (held) => relocateHeld(migration, { endpoint, to, act, held }));
  return { is: 'moved', from, to: there };
}

function mayMove({ places }: Migration, endpoint: EndpointRow, to: NewPlace): SecretReference {
  if (endpoint.retiredAt)
    throw new RcmError('endpoint_retired', `Endpoint ${endpoint.id} is retired. \`rcm endpoint reinstate\` takes that back. Nothing was changed.`);
  if (endpoint.hasLegacyCredentials)
    throw new RcmError(
      'row_edited',
      'The row holds plaintext, and a migration knows by it where its secret lies: `rcm migrate scrub` comes first. Nothing was changed.',
    );
  if (endpoint.secretArn === null) throw new RcmError('state_conflict', `Endpoint ${endpoint.id} has no secret yet. Nothing was changed.`);
  if (!places.all.some((place) => placeKey(place) === placeKey(to)))
    throw new RcmError('input_invalid', `${placeKey(to)} is not a place of this deployment (RCM_STORE_PLACES). Nothing was changed.`);
  return parseReference(endpoint.secretArn);
}

interface Move {
  readonly endpoint: EndpointRow;
  readonly to: NewPlace;
  readonly act: MoveAct;
  readonly held: HeldLease;
}

async function relocateHeld(migration: Migration, move: Move): Promise<void> {
  const { endpoint, to, held } = move;
  const { db, patience } = migration;
  const { row, reference, stored } = await readHeld(migration, endpoint);
  checkFits(migration, to, stored);
  await refuseStranger(migration, endpoint, { to, text: stored.text });
  const owner = { endpointId: endpoint.id, orgId: endpoint.orgId };
  const begun = await patience(null, () => beginMove(db, { ...owner, place: placeKey(to) }));
  if (begun.is === 'elsewhere')
    throw new RcmError(
      'state_conflict',
      `A copy of this login may lie in ${begun.place}, by a move that did not end: move it there, or have the guardian remove that copy and note it (\`rcm endpoint removed\`). Nothing was changed.`,
    );
  const placed = await copyTo(migration, { ...move, stored, again: begun.again });
  const before = { secretArn: row.secretArn, version: stored.version, place: placeKey(reference) };
  const copy = { secretArn: formatReference(placed.reference), version: placed.stored.version, place: placeKey(to) };
  if ((await readSecret(migration, endpoint, reference))?.version !== stored.version) throw changed();
  held.assertHeld(LEASE_MARGIN_MS);
  await nameCopy(toTheEnd(migration), move, { before, copy, reference });
  await dropLeftDevice(toTheEnd(migration), endpoint, reference);
}

interface Named {
  readonly before: SecretMove['from'];
  readonly copy: SecretMove['to'];
  /** Of what the row named. */
  readonly reference: SecretReference;
}

/** The row names the copy, and goes back where what was copied is not what lies there any more. */
async function nameCopy(migration: Migration, { endpoint, act, held }: Move, { before, copy, reference }: Named): Promise<void> {
  const { db, patience } = migration;
  const { proof, ...why } = act;
  const move = { endpointId: endpoint.id, orgId: endpoint.orgId, leaseId: held.lease.id };
  const answer = await patience(null, () => recordMove(db, { ...move, from: before, to: copy, ...(proof ? { proof } : {}) }, why)).catch((error: unknown) => {
    throw wherever(error, `Whether the row names the copy in ${copy.place} is not known`);
  });
  if (answer !== 'moved') throw new RcmError(...REFUSALS[answer]);
  const goBack = async (version: string, reason: string): Promise<void> => {
    const stays = `The row names the copy in ${copy.place}, and could not be moved back to ${before.place}, as it should (${reason})`;
    const back = await patience(null, () =>
      recordMove(db, { ...move, from: copy, to: { ...before, version } }, { ...why, reason: `moved back: ${reason}` }),
    ).catch((error: unknown) => {
      throw wherever(error, stays);
    });
    if (back !== 'moved') throw new RcmError('state_conflict', `${stays}: ${back}.`);
  };
  await lookAgain(() => readSecret(migration, endpoint, reference), before.version, goBack);
}

/** The same error, which says first where the row stands: from then on it need not name what it named. */
const wherever = (error: unknown, stands: string): unknown =>
  isRcmError(error) ? new RcmError(error.code, `${stands}: ${error.message} \`rcm login show\` says where it lies; run it again.`, { cause: error }) : error;

/**
 * Somebody may have written to the store itself between the last look and the row's change: what they wrote is not in the copy, and the row goes back to it. So it does where
 * nobody can say. What was removed meanwhile lies in the copy.
 */
async function lookAgain(read: () => Promise<StoredSecret | null>, version: string, goBack: (version: string, reason: string) => Promise<void>): Promise<void> {
  let now: StoredSecret | null;
  try {
    now = await read();
  } catch (error) {
    await goBack(version, 'whether the secret was changed meanwhile could not be seen');
    throw error;
  }
  if (now === null || now.version === version) return;
  await goBack(now.version, 'the secret was changed meanwhile');
  throw changed();
}

/** What does not fit is known before anything is made; a payload is moved where a person said, and nowhere else. Fails with `payload_too_large`. */
function checkFits({ places: { largePayloads } }: Migration, to: NewPlace, { text }: StoredSecret): void {
  placeForSize(to, text, largePayloads === 'advanced' ? 'advanced' : 'refuse');
}

const changed = (): RcmError => new RcmError('state_conflict', 'The secret was changed while it was copied. The row names what it named; run it again.');

/** The row and its secret, as they are under the lease. */
async function readHeld(migration: Migration, { id: endpointId, orgId, secretArn }: EndpointRow) {
  const { db } = migration;
  const row = await findEndpoint(db, { endpointId });
  if (!row || row.secretArn === null || row.secretArn !== secretArn || row.loginIdentity === null) throw new RcmError(...REFUSALS.row_changed);
  if (await getOpenAttempt(db, { orgId, loginIdentity: row.loginIdentity })) throw new RcmError(...REFUSALS.rotation);
  const reference = parseReference(row.secretArn);
  const stored = await readSecret(migration, row, reference);
  if (stored === null) throw new RcmError('secret_missing', 'No secret lies where the row says. Nothing was changed.');
  if (stored.version !== row.currentVersion)
    throw new RcmError(
      'state_conflict',
      'The store is ahead of the row, which follows at the next login or look (`rcm login verify`). Nothing was changed; run it again then.',
    );
  if (!isIdentityOf(row, stored.text, migration.keys))
    throw new RcmError('state_conflict', 'The secret holds another account than the row says. Nothing was changed; `rcm login verify` has the row follow.');
  return { row: { ...row, secretArn: row.secretArn }, reference, stored };
}

async function readSecret(
  { patience, pace, stores, giveUp }: Migration,
  { orgId }: Pick<EndpointRow, 'orgId'>,
  reference: SecretReference,
): Promise<StoredSecret | null> {
  return patience(pace.reads(reference), () => stores.forTenant(orgId).read(reference, { signal: giveUp }));
}

interface Copying extends Move {
  readonly stored: StoredSecret;
  /** A copy of this login that no row names may lie there. */
  readonly again: boolean;
}

async function copyTo(migration: Migration, { endpoint, to, act, held, stored, again }: Copying): Promise<PlacedSecret> {
  const { db, patience, pace, stores, giveUp } = migration;
  const owner = { endpointId: endpoint.id, orgId: endpoint.orgId };
  try {
    const placed = await placeIn(migration, endpoint, { where: to, text: stored.text }, act);
    if (isSameText(placed.stored.text, stored.text)) return placed;
    if (!again) {
      // Nothing of ours lies there, so that it does must not be noted.
      await patience(null, () => endMove(db, { ...owner, place: placeKey(to) }));
      throw strange(to);
    }
    // Ours, and named by no row: what lay there stays an earlier version of it.
    const options = { signal: giveUp, beforeWrite: () => held.assertHeld(LEASE_MARGIN_MS) };
    await patience(pace.writes(to), () => stores.forTenant(endpoint.orgId).replace(placed.reference, stored.text, placed.stored.version, options));
    const now = await readSecret(migration, endpoint, placed.reference);
    if (now !== null && isSameText(now.text, stored.text)) return { reference: placed.reference, stored: now };
    throw new RcmError('store_conflict', `What was written in ${placeKey(to)} could not be read back. The row names what it named; run it again.`);
  } catch (error) {
    if (hasCode(error, 'store_full')) await patience(null, () => endMove(db, { ...owner, place: placeKey(to) }));
    throw error;
  }
}

/** The secret of an endpoint in a place, for who asks whether it is gone. */
export const unnamedReference = (
  migration: Migration,
  endpoint: EndpointRow,
  { place, secretArn }: { readonly place: string; readonly secretArn: string | null },
): SecretReference | null => {
  if (secretArn !== null) return parseReference(secretArn);
  const where = migration.places.all.find((each) => placeKey(each) === place);
  return where ? secretOf(migration, endpoint, where) : null;
};

const REFUSALS: Readonly<Record<Exclude<MoveAnswer, 'moved'>, readonly [ErrorCode, string]>> = {
  rotation: ['state_conflict', 'A rotation of this login is open; let it end, or resolve it. The row names what it named.'],
  lease_lost: [
    'lease_lost',
    'This run held the login no longer when it came to write, and the password may have been changed meanwhile. The row names what it named; run it again.',
  ],
  row_changed: ['state_conflict', 'The row was changed meanwhile, and names what it was changed to. Run it again.'],
};
