import { isId } from '@rcm/telemetry';
import { partitionOfRegion } from './aws-partition.ts';
import { invalidReference } from './refusal.ts';

/** Who a secret belongs to. Every part is an id of `@rcm/telemetry`: it becomes a path segment, a tag and a policy variable. */
export interface SecretOwner {
  readonly environment: string;
  readonly organizationId: string;
  readonly endpointId: string;
  /** The account at the portal (`integration_endpoint.account_id`), not the AWS account. */
  readonly portalAccountId: string;
  /** `devices`: what the portal knows the login's device by (`deviceReference`). Default: the login itself. */
  readonly folder?: 'devices';
}

interface AwsPlace {
  /** `aws`, `aws-cn`, `aws-us-gov`, `aws-iso`, … */
  readonly partition: string;
  readonly region: string;
  /** The AWS account, 12 digits. */
  readonly accountId: string;
}

export interface SsmReference extends SecretOwner, AwsPlace {
  readonly store: 'ssm';
}

export interface SecretsManagerReference extends SecretOwner, AwsPlace {
  readonly store: 'secrets-manager';
  /** The six characters that Secrets Manager adds to the ARN; `null` until the secret exists. */
  readonly suffix: string | null;
}

export interface VaultReference extends SecretOwner {
  readonly store: 'vault';
  readonly mount: string;
}

/** Where one credential lies. Made by `parseReference` or `credentialReference`, which let nothing uncanonical through. */
export type SecretReference = SsmReference | SecretsManagerReference | VaultReference;

const REGION = /^[a-z]{2,6}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$/;
const AWS_ACCOUNT = /^[0-9]{12}$/;
const SUFFIX = /^[A-Za-z0-9]{6}$/;
/** Six ids of 63 characters and an ARN's head; anything longer is refused before it is looked at. */
const MAX_LENGTH = 512;

/**
 * Reads `arn:<partition>:ssm:<region>:<account>:parameter/rcm/{env}/{org}/endpoints/{endpoint}/{account}`,
 * `arn:<partition>:secretsmanager:<region>:<account>:secret:rcm/…-AbCdEf` or `vault:<mount>/rcm/…`. There is one spelling of
 * each reference: `formatReference(parseReference(text)) === text`. What comes back is frozen. Fails with `reference_invalid`; the text is not repeated.
 * @example
 * ```ts
 * const reference = parseReference('arn:aws:ssm:us-east-1:123456789012:parameter/rcm/prod/hospital-a/endpoints/endpoint-1/account-1');
 * reference.organizationId; // 'hospital-a'
 * ```
 */
export function parseReference(text: string): SecretReference {
  const reference = readReference(text);
  if (reference.folder) throw invalidReference('path');
  return Object.freeze(reference);
}

/** Reads what a store calls a secret of ours, which may be a device: no row names one, so `parseReference` reads none. Fails likewise. */
export const parseStoredReference = (text: string): SecretReference => Object.freeze(readReference(text));

/**
 * Where a login's device lies: beside the login, in the same store, account and region. Endpoints that share a login have a device each. Fails with `reference_invalid`.
 * @example
 * ```ts
 * const login = parseReference('vault:kv/rcm/prod/hospital-a/endpoints/endpoint-1/account-1');
 * const device = deviceReference(login, 'endpoint-1');
 * ```
 */
export function deviceReference(login: SecretReference, endpointId: string): SecretReference {
  const device = { ...login, endpointId, folder: 'devices' as const };
  return Object.freeze(checkedReference<SecretReference>(device.store === 'secrets-manager' ? { ...device, suffix: null } : device));
}

function readReference(text: string): SecretReference {
  if (text.length > MAX_LENGTH) throw invalidReference('too_long');
  const vault = /^vault:([^/]*)\/(.*)$/s.exec(text);
  if (vault) return checkedReference({ store: 'vault', mount: vault[1] ?? '', ...ownerOf(vault[2] ?? '') });
  const arn = /^arn:([^:]*):([^:]*):([^:]*):([^:]*):(.*)$/s.exec(text);
  if (!arn) throw invalidReference('no_reference');
  const [, partition = '', service = '', region = '', accountId = '', resource = ''] = arn;
  return readResource(service, resource, { partition, region, accountId });
}

/** What an ARN names behind its place. */
function readResource(service: string, resource: string, place: AwsPlace): SecretReference {
  if (service === 'ssm' && resource.startsWith('parameter/'))
    return checkedReference({ store: 'ssm', ...place, ...ownerOf(resource.slice('parameter/'.length)) });
  const secret = /^secret:(.*)-([^-]*)$/s.exec(resource);
  if (service === 'secretsmanager' && secret)
    return checkedReference({ store: 'secrets-manager', ...place, suffix: secret[2] ?? '', ...ownerOf(secret[1] ?? '') });
  throw invalidReference('no_secret');
}

/**
 * The text that `parseReference` reads. Fails with `reference_invalid` for a secret that has no ARN yet because it was never created.
 * @example
 * ```ts
 * const wanted = { environment: 'prod', orgId: 'hospital-a', endpointId: 'endpoint-1', portalAccountId: 'account-1' };
 * const secretArn = formatReference(credentialReference({ store: 'vault', mount: 'kv', ...wanted }));
 * ```
 */
export function formatReference(reference: SecretReference): string {
  const path = secretPath(checkedReference(reference));
  if (reference.store === 'vault') return `vault:${reference.mount}/${path}`;
  const { partition, region, accountId } = reference;
  if (reference.store === 'ssm') return `arn:${partition}:ssm:${region}:${accountId}:parameter/${path}`;
  if (reference.suffix === null) throw invalidReference('no_arn_yet');
  return `arn:${partition}:secretsmanager:${region}:${accountId}:secret:${path}-${reference.suffix}`;
}

/** Where new secrets are created. */
export type NewPlace = ({ readonly store: 'ssm' | 'secrets-manager' } & AwsPlace) | { readonly store: 'vault'; readonly mount: string };

export type NewReference = NewPlace & {
  readonly environment: string;
  readonly orgId: string;
  readonly endpointId: string;
  readonly portalAccountId: string;
};

/**
 * The reference under which an endpoint's credential is to be created, frozen. Fails with `reference_invalid`.
 * @example
 * ```ts
 * const place: NewPlace = { store: 'ssm', partition: 'aws', region: 'us-east-1', accountId: '123456789012' };
 * const wanted = { environment: 'prod', orgId: 'hospital-a', endpointId: 'endpoint-1', portalAccountId: 'account-1' };
 * const reference = credentialReference({ ...place, ...wanted });
 * ```
 */
export function credentialReference(wanted: NewReference): SecretReference {
  const { environment, orgId, endpointId, portalAccountId } = wanted;
  const owner = { environment, organizationId: orgId, endpointId, portalAccountId };
  if (wanted.store === 'vault') return Object.freeze(checkedReference({ store: 'vault', mount: wanted.mount, ...owner }));
  const { store, partition, region, accountId } = wanted;
  const shared = { partition, region, accountId, ...owner };
  return Object.freeze(checkedReference<SecretReference>(store === 'ssm' ? { store, ...shared } : { store, ...shared, suffix: null }));
}

/**
 * `rcm/{env}/{org}/endpoints/{endpoint}/{account}`: the V8 path, without a slash at either end; a device's has `devices` in the place of `endpoints`.
 * @example
 * ```ts
 * const reference = parseReference('vault:kv/rcm/prod/hospital-a/endpoints/endpoint-1/account-1');
 * secretPath(reference); // 'rcm/prod/hospital-a/endpoints/endpoint-1/account-1'
 * ```
 */
export function secretPath({ environment, organizationId, endpointId, portalAccountId, folder }: SecretOwner): string {
  return `rcm/${environment}/${organizationId}/${folder ?? 'endpoints'}/${endpointId}/${portalAccountId}`;
}

/** `rcm/{env}/{org}/rotation/{endpoint}/{account}`: the folder of an account's staged copies, outside what an agent's role may read. */
export function stagedFolder({ environment, organizationId, endpointId, portalAccountId, folder }: SecretOwner): string {
  // A device is never staged: its copies would lie among those of the login.
  if (folder) throw invalidReference('path');
  return `rcm/${environment}/${organizationId}/rotation/${endpointId}/${portalAccountId}`;
}

/** One attempt's copy in the folder. Fails with `reference_invalid`. */
export function stagedPath(owner: SecretOwner, attemptId: string): string {
  if (!isId(attemptId)) throw invalidReference('attempt');
  return `${stagedFolder(owner)}/${attemptId}`;
}

/**
 * One key for one secret, also for one that has no ARN yet. Not a reference: nothing parses it.
 * @example
 * ```ts
 * const reference = parseReference('vault:kv/rcm/prod/hospital-a/endpoints/endpoint-1/account-1');
 * const versions = new Map([[referenceKey(reference), '7']]);
 * ```
 */
export const referenceKey = (reference: SecretReference): string => `${placeKey(reference)}:${secretPath(reference)}`;

/**
 * One key for one place: a store of an AWS account in a region, or a mount of Vault. What a store counts, refuses or loses together has the same one.
 * @example
 * ```ts
 * const reference = parseReference('vault:kv/rcm/prod/hospital-a/endpoints/endpoint-1/account-1');
 * placeKey(reference); // 'vault:kv'
 * ```
 */
export const placeKey = (place: NewPlace): string =>
  `${place.store}:${place.store === 'vault' ? place.mount : `${place.partition}:${place.region}:${place.accountId}`}`;

function ownerOf(path: string): SecretOwner {
  const [root, environment = '', organizationId = '', kind, endpointId = '', portalAccountId = '', ...rest] = path.split('/');
  if (root !== 'rcm' || (kind !== 'endpoints' && kind !== 'devices') || rest.length > 0) throw invalidReference('path');
  return { environment, organizationId, endpointId, portalAccountId, ...(kind === 'devices' ? { folder: kind } : {}) };
}

/**
 * The reference itself, where every part of it is one that `parseReference` lets through: stores ask before each call, so that an
 * object made by hand reaches no store either. Fails with `reference_invalid`.
 */
export function checkedReference<R extends SecretReference>(reference: R): R {
  const ids = {
    environment: reference.environment,
    organization: reference.organizationId,
    endpoint: reference.endpointId,
    account: reference.portalAccountId,
  };
  for (const [name, id] of Object.entries(ids) as [keyof typeof ids, string][]) if (!isId(id)) throw invalidReference(name);
  if (reference.folder !== undefined && reference.folder !== 'devices') throw invalidReference('path');
  if (reference.store !== 'vault') checkAwsPlace(reference);
  else if (!isId(reference.mount)) throw invalidReference('mount');
  if (reference.store === 'secrets-manager' && reference.suffix !== null && !SUFFIX.test(reference.suffix)) throw invalidReference('suffix');
  return reference;
}

function checkAwsPlace({ partition, region, accountId }: AwsPlace): void {
  if (!REGION.test(region)) throw invalidReference('region');
  if (partition !== partitionOfRegion(region)) throw invalidReference('partition');
  if (!AWS_ACCOUNT.test(accountId)) throw invalidReference('aws_account');
}
