import { type CredentialPayload, formatReference, parsePayload, parseReference, type SecretReference, type StoredSecret } from '@rcm/credentials';
import type { Fingerprints } from '@rcm/db/ledger';
import { listCopiesElsewhere, listOtherSecrets } from '@rcm/db/rotation';
import { accountOf } from '@rcm/portal-access';
import type { Secret } from '@rcm/telemetry';
import type { RotatorServices } from '../machine/attempt.ts';
import type { LoginInHand } from './login-in-hand.ts';
import { isOfNoPlace } from './of-no-place.ts';
import { unlessNoPayload } from './unless-no-payload.ts';

/** As many as one answer has: no account has so many of either. */
const ALL = 10_000;

/**
 * What may yet be typed at the login's account: what is current and these copies (default: all that are staged), and the same of the account's other secrets in the organization, whose agents
 * learn of nothing that is known of this one alone; also the copies beside a secret that no row names any more. What is no payload nobody types, nor what lies in a place that this deployment has no more.
 */
export async function storedPayloads(
  { db }: Pick<RotatorServices, 'db'>,
  login: LoginInHand,
  copies?: readonly string[],
): Promise<readonly Secret<CredentialPayload>[]> {
  const { endpoint, reference, store, slotOf, held } = login;
  const { orgId, loginIdentity } = endpoint;
  const own = formatReference(reference);
  const asked = { orgId, loginIdentity, secretArn: own, limit: ALL };
  const others = (await listOtherSecrets(db, asked)).map(({ secretArn }) => secretArn);
  const payloads = [await payloadsIn(login, reference, copies)];
  for (const secretArn of others) payloads.push(await payloadsIn(login, parseReference(secretArn)));
  for (const { id, secretArn } of await listCopiesElsewhere(db, asked)) {
    if (others.includes(secretArn)) continue;
    const slot = { ...slotOf(id), current: parseReference(secretArn) };
    payloads.push([await payloadUnless(() => store.readStaged(slot, { signal: held.signal })).catch(noneOfNoPlace)]);
  }
  return payloads.flat().filter((one) => one !== null);
}

/** What the ledger knows the passwords of `storedPayloads` by. Each by the current key first. */
export async function storedPrints(
  services: Pick<RotatorServices, 'db' | 'keys'>,
  login: LoginInHand,
  copies?: readonly string[],
): Promise<readonly Fingerprints[]> {
  return (await storedPayloads(services, login, copies)).map((payload) => accountOf(services.keys, login.endpoint, payload).fingerprints);
}

/** The same of a version in the history of the login's secret; none where the store keeps it no more. */
export async function printsOfVersion({ keys }: Pick<RotatorServices, 'keys'>, login: LoginInHand, version: string): Promise<Fingerprints> {
  const { endpoint, store, reference, held } = login;
  const payload = await payloadUnless(() => store.readVersion(reference, version, { signal: held.signal }));
  return payload === null ? [] : accountOf(keys, endpoint, payload).fingerprints;
}

async function payloadsIn(
  { store, slotOf, held: { signal } }: LoginInHand,
  current: SecretReference,
  copies?: readonly string[],
): Promise<readonly (Secret<CredentialPayload> | null)[]> {
  const payloads = [await payloadUnless(() => store.read(current, { signal }))];
  for (const id of copies ?? (await store.listStaged(current, { signal })))
    payloads.push(await payloadUnless(() => store.readStaged({ ...slotOf(id), current }, { signal })));
  return payloads;
}

function noneOfNoPlace(error: unknown): null {
  if (isOfNoPlace(error)) return null;
  throw error;
}

/** `null`: nothing lies there, or what is no payload. */
const payloadUnless = (read: () => Promise<StoredSecret | null>): Promise<Secret<CredentialPayload> | null> =>
  unlessNoPayload(async () => {
    const stored = await read();
    return stored && parsePayload(stored.text);
  });
