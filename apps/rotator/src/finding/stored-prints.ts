import { type CredentialPayload, formatReference, parseReference, type SecretReference, type StoredSecret } from '@rcm/credentials';
import type { Fingerprints } from '@rcm/db/ledger';
import { listOtherSecrets } from '@rcm/db/rotation';
import { accountOf } from '@rcm/portal-access';
import type { Secret } from '@rcm/telemetry';
import type { RotatorServices } from '../machine/attempt.ts';
import type { LoginInHand } from './login-in-hand.ts';
import { payloadOf } from './payload-of.ts';
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
  const stored = await readAll(login, reference, copies);
  for (const { secretArn } of await listOtherSecrets(db, { orgId, loginIdentity, secretArn: formatReference(reference), limit: ALL_SECRETS }))
    stored.push(...(await readAll(login, parseReference(secretArn))));
  return stored.flatMap((one) => payloadOf(one) ?? []);
}

/** What the ledger knows the passwords of `storedPayloads` by. Each by the current key first. */
export async function storedPrints(
  services: Pick<RotatorServices, 'db' | 'keys'>,
  login: LoginInHand,
  copies?: readonly string[],
): Promise<readonly Fingerprints[]> {
  return (await storedPayloads(services, login, copies)).map((payload) => accountOf(services.keys, login.endpoint, payload).fingerprints);
}

async function readAll({ store, slotOf, held: { signal } }: LoginInHand, current: SecretReference, copies?: readonly string[]): Promise<StoredSecret[]> {
  const stored = [await unlessNoPayload(() => store.read(current, { signal }))];
  for (const id of copies ?? (await store.listStaged(current, { signal })))
    stored.push(await unlessNoPayload(() => store.readStaged({ ...slotOf(id), current }, { signal })));
  return stored.filter((one) => one !== null);
}
