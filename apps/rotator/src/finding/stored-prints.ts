import { type CredentialPayload, formatReference, parsePayload, parseReference, type SecretReference, type StoredSecret } from '@rcm/credentials';
import type { Fingerprints } from '@rcm/db/ledger';
import { listOtherSecrets } from '@rcm/db/rotation';
import { accountOf } from '@rcm/portal-access';
import type { Secret } from '@rcm/telemetry';
import type { RotatorServices } from '../machine/attempt.ts';
import type { LoginInHand } from './login-in-hand.ts';
import { unlessNoPayload } from './unless-no-payload.ts';

/** As many as one answer has: no account lies in so many. */
const ALL_SECRETS = 10_000;

/**
 * What may yet be typed at the login's account: what is current and these copies (default: all that are staged), and the same of the account's other secrets in the organization, whose agents
 * learn of nothing that is known of this one alone. What is no payload nobody types.
 */
export async function storedPayloads(
  { db }: Pick<RotatorServices, 'db'>,
  login: LoginInHand,
  copies?: readonly string[],
): Promise<readonly Secret<CredentialPayload>[]> {
  const { endpoint, reference } = login;
  const { orgId, loginIdentity } = endpoint;
  const payloads = [...(await payloadsIn(login, reference, copies))];
  for (const { secretArn } of await listOtherSecrets(db, { orgId, loginIdentity, secretArn: formatReference(reference), limit: ALL_SECRETS }))
    payloads.push(...(await payloadsIn(login, parseReference(secretArn))));
  return payloads;
}

/** What the ledger knows the passwords of `storedPayloads` by. Each by the current key first. */
export async function storedPrints(
  services: Pick<RotatorServices, 'db' | 'keys'>,
  login: LoginInHand,
  copies?: readonly string[],
): Promise<readonly Fingerprints[]> {
  return (await storedPayloads(services, login, copies)).map((payload) => accountOf(services.keys, login.endpoint, payload).fingerprints);
}

async function payloadsIn(
  { store, slotOf, held: { signal } }: LoginInHand,
  current: SecretReference,
  copies?: readonly string[],
): Promise<readonly Secret<CredentialPayload>[]> {
  const payloads = [await payloadUnless(() => store.read(current, { signal }))];
  for (const id of copies ?? (await store.listStaged(current, { signal })))
    payloads.push(await payloadUnless(() => store.readStaged({ ...slotOf(id), current }, { signal })));
  return payloads.filter((one) => one !== null);
}

/** `null`: nothing lies there, or what is no payload. */
const payloadUnless = (read: () => Promise<StoredSecret | null>): Promise<Secret<CredentialPayload> | null> =>
  unlessNoPayload(async () => {
    const stored = await read();
    return stored && parsePayload(stored.text);
  });
