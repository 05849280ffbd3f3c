import { createSecretKey, type KeyObject } from 'node:crypto';
import { type Clock, isId, RcmError, Secret } from '@rcm/telemetry';
import { createVaultHttp, type VaultAnswer } from '../stores/vault-http.ts';
import { createVaultSession, type VaultSession } from '../stores/vault-session.ts';
import { ClientPool } from '../tenancy/client-pool.ts';
import { vaultAddressProblem, vaultNamespaceProblem } from '../tenancy/vault-address.ts';
import type { TenantVaultOptions } from '../tenancy/vault-backends.ts';
import type { DataKeyOwner, TenantDataKeys } from './data-keys.ts';
import { transitKeyName } from './transit-key-name.ts';

export interface VaultDataKeysOptions extends Omit<TenantVaultOptions, 'mount'> {
  readonly environment: string;
  /** Where the transit engine is mounted; an id. */
  readonly mount: string;
  readonly dedicatedOrgId?: string | undefined;
  readonly deadlineMs?: number;
  readonly clock?: Clock;
}

/** keysutil's words for a ciphertext that is not this key's, this context's, or none at all; older and newer ones. */
const NOT_THIS_ONE = /^(invalid ciphertext|cipher: message authentication failed)/;

/**
 * Data keys of Vault's transit engine: a transit key for each tenant, asked with the AppRole of that tenant, which may use no other. Where the
 * transit key is a derived one, its context names the organization and the data key, so that a wrapped key opens under no other id. Fails with
 * `config_invalid`.
 *
 * @example
 * ```ts
 * const appRole = appRoleFolder('/run/secrets/approles');
 * const dataKeys = createVaultDataKeys({ address: 'https://vault.example:8200', environment: 'prod', mount: 'transit', appRole });
 * const owner = { orgId: 'hospital-a', keyId: crypto.randomUUID() };
 * const { wrapped } = await dataKeys.generate(owner);
 * const key = await dataKeys.unwrap(owner, { wrappedBy: dataKeys.wrappedBy, wrapped });
 * await dataKeys.close();
 * ```
 */
export function createVaultDataKeys(options: VaultDataKeysOptions): TenantDataKeys {
  const { address, namespace, environment, mount, appRoleMount, appRole, dedicatedOrgId, ...timing } = options;
  const problem = vaultAddressProblem(address) ?? vaultNamespaceProblem(namespace) ?? (isId(mount) ? null : 'its mount must be an id');
  if (problem !== null) throw new RcmError('config_invalid', `Vault cannot be used: ${problem}.`);
  const http = createVaultHttp({ address: address.replace(/\/$/, ''), namespace, ...timing });
  const pool = new ClientPool(1_000, (orgId) => ({
    ...createVaultSession(http, {
      appRole: () => appRole(orgId),
      ...(appRoleMount === undefined ? {} : { appRoleMount }),
      ...(timing.clock ? { clock: timing.clock } : {}),
    }),
    close: () => undefined,
  }));
  const context = ({ orgId, keyId }: DataKeyOwner): string => Buffer.from(`rcm tenant_data_key 1\n${orgId}\n${keyId}`).toString('base64');

  const call = <T>({ orgId }: DataKeyOwner, what: string, act: (session: VaultSession, signal: AbortSignal) => Promise<T>): Promise<T> => {
    if (!isId(orgId) || (dedicatedOrgId !== undefined && dedicatedOrgId !== orgId))
      return Promise.reject(new RcmError('reference_not_yours', 'This deployment has no data keys of that organization.'));
    return pool.use(orgId, (session) => http.call(what, {}, (signal) => act(session, signal)));
  };

  return {
    wrappedBy: `vault:${mount}`,
    generate: (owner) =>
      call(owner, 'Making a data key in Vault', async (session, signal) => {
        const path = `${mount}/datakey/plaintext/${transitKeyName(environment, owner.orgId)}`;
        const answer = await session.send({ method: 'POST', path, body: new Secret({ bits: 256, context: context(owner) }) }, signal);
        checkDone(answer, 'Making a data key in Vault');
        const data = dataOf(answer);
        return { key: keyOf(data.plaintext), wrapped: Buffer.from(textOf(data.ciphertext)) };
      }),
    unwrap: (owner, { wrapped }) =>
      call(owner, 'Opening a data key in Vault', async (session, signal) => {
        const path = `${mount}/decrypt/${transitKeyName(environment, owner.orgId)}`;
        const body = new Secret({ ciphertext: Buffer.from(wrapped).toString('utf8'), context: context(owner) });
        const answer = await session.send({ method: 'POST', path, body }, signal);
        checkDone(answer, 'Opening a data key in Vault');
        return keyOf(dataOf(answer).plaintext);
      }),
    close: () => pool.close(),
  };
}

function checkDone({ status, body }: VaultAnswer, what: string): void {
  if (status === 200) return;
  const errors = body.reveal().errors ?? [];
  if (status === 400 && errors.some((error) => NOT_THIS_ONE.test(error)))
    throw new RcmError('task_data_unreadable', `${what} failed: it was not wrapped for this organization and id.`);
  const why =
    status === 403
      ? 'the policy of the AppRole does not allow it'
      : status === 404
        ? 'there is no such mount'
        : 'there is no such transit key, or it was refused';
  throw new RcmError('store_denied', `${what} failed: ${why} (${status}).`, { details: { status } });
}

const dataOf = ({ body }: VaultAnswer): Readonly<Record<string, unknown>> => body.reveal().data ?? {};

function textOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new RcmError('store_unavailable', 'What answered in the place of Vault did not answer as Vault does.');
}

function keyOf(plaintext: unknown): KeyObject {
  const bytes = Buffer.from(textOf(plaintext), 'base64');
  if (bytes.length !== 32) throw new RcmError('store_unavailable', 'Vault answered without a data key of 256 bits.');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}
