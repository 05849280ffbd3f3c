import { checkAddresses, idSchema, Secret, transportEnvironment } from '@rcm/telemetry';
import { z } from 'zod';
import { replicaEnvironment } from './failover/replica-environment.ts';
import { LARGE_PAYLOADS } from './stores/size-policy.ts';
import { readFurtherPlaces } from './tenancy/further-places.ts';
import { vaultAddressProblem, vaultNamespaceProblem } from './tenancy/vault-address.ts';

/**
 * What an app's configuration needs to reach its secrets; spread into the app's own schema, with `.superRefine(checkStores)` behind
 * it. AWS credentials of the process are not here: they come from the SDK's default chain.
 */
export const credentialsEnvironment = {
  ...transportEnvironment,
  /** First path segment of every secret, and session tag `env`. */
  RCM_ENVIRONMENT: idSchema,
  /** Set where secrets lie in AWS; then the account and the key must be, too. */
  RCM_AWS_REGION: z
    .string()
    .regex(/^[a-z0-9-]{4,40}$/, 'must be an AWS region such as us-east-1')
    .optional(),
  /** Only where AWS is not at its usual address (local-aws, LocalStack, a VPC endpoint). */
  RCM_AWS_ENDPOINT: z.url('must be a URL').optional(),
  RCM_AWS_ACCOUNT_ID: z
    .string()
    .regex(/^[0-9]{12}$/, 'must be twelve digits')
    .optional(),
  /** ARN, id or alias of the customer key that encrypts every secret. */
  RCM_KMS_KEY_ID: z.string().min(1).max(2048).optional(),
  /** The role assumed once per tenant. Unset only in a dedicated deployment, which names its one tenant instead. */
  RCM_TENANT_ROLE_ARN: z
    .string()
    .regex(/^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of an IAM role')
    .optional(),
  /** Dedicated deployment: the one organization that the process's own credentials may serve. */
  RCM_DEDICATED_ORG_ID: idSchema.optional(),
  /** Further accounts and regions that hold secrets of this deployment (JSON). May be given as `…_FILE`; unset: there are none. */
  RCM_STORE_PLACES: z
    .string()
    .max(100_000)
    .transform((text, context) => readFurtherPlaces(text, context))
    .optional(),
  /** Tenants whose clients, and whose sessions at AWS, are kept, of each place; the one longest unused goes first. */
  RCM_TENANT_CLIENTS: z.coerce.number().int().min(1).max(100_000).default(200),
  RCM_TENANT_SESSIONS: z.coerce.number().int().min(1).max(1_000_000).default(1000),
  ...replicaEnvironment,
  /** What becomes of a payload beyond SSM's 4 KB: `refuse`, `advanced` (8 KB, $0.05 a month) or `secrets-manager` (new secrets only). */
  RCM_LARGE_PAYLOADS: z.enum(LARGE_PAYLOADS).default('refuse'),
  /** Set where secrets lie in Vault; then mount and folder must be, too. */
  RCM_VAULT_ADDRESS: checkedBy(vaultAddressProblem).optional(),
  /** Without slashes at its ends. Default: the root namespace. */
  RCM_VAULT_NAMESPACE: checkedBy(vaultNamespaceProblem).optional(),
  /** The KV v2 mount. */
  RCM_VAULT_MOUNT: idSchema.optional(),
  /** Holds `<org id>/role-id` and `<org id>/secret-id` (mode 600) of each tenant's AppRole. */
  RCM_VAULT_APPROLE_FOLDER: z.string().min(1).max(4096).optional(),
  /** Where the AppRole auth method is mounted. */
  RCM_VAULT_APPROLE_MOUNT: idSchema.default('approle'),
  /** Keys login identities, and fingerprints where RCM_FINGERPRINT_KEY is not set; at least 32 characters. Normally given as RCM_IDENTITY_KEY_FILE. */
  RCM_IDENTITY_KEY: identityKey(),
  /** Names it in whatever was made with it. */
  RCM_IDENTITY_KEY_ID: keyId().default('1'),
  /** While the key is changed: the one before, whose identities and fingerprints are still recognised, and its id. */
  RCM_PREVIOUS_IDENTITY_KEY: identityKey().optional(),
  RCM_PREVIOUS_IDENTITY_KEY_ID: keyId().optional(),
  /** Keys the fingerprints of passwords and payloads, and its id. Unset: the identity keys do. */
  RCM_FINGERPRINT_KEY: identityKey().optional(),
  RCM_FINGERPRINT_KEY_ID: keyId().optional(),
  /** As `RCM_PREVIOUS_IDENTITY_KEY`. */
  RCM_PREVIOUS_FINGERPRINT_KEY: identityKey().optional(),
  RCM_PREVIOUS_FINGERPRINT_KEY_ID: keyId().optional(),
} as const;

export type CredentialsConfig = z.infer<z.ZodObject<typeof credentialsEnvironment>>;

/** What a store needs beside the variable that switches it on. */
const NEEDED = {
  RCM_AWS_REGION: ['RCM_AWS_ACCOUNT_ID', 'RCM_KMS_KEY_ID'],
  RCM_VAULT_ADDRESS: ['RCM_VAULT_MOUNT', 'RCM_VAULT_APPROLE_FOLDER'],
} as const;

/**
 * For `.superRefine`: at least one store, each with what it needs.
 *
 * @example
 * ```ts
 * const schema = z.object({ ...credentialsEnvironment, PORT: z.coerce.number().default(8080) }).superRefine(checkStores);
 * const config = schema.parse(process.env);
 * const stores = createTenantStores(tenantStoresOptions(config));
 * ```
 */
export function checkStores(config: Omit<CredentialsConfig, `RCM_${'' | 'PREVIOUS_'}${'IDENTITY' | 'FINGERPRINT'}_KEY`>, problems: z.RefinementCtx): void {
  const report = (name: string, message: string): void => void problems.addIssue({ code: 'custom', path: [name], message });
  if (config.RCM_AWS_REGION === undefined && config.RCM_VAULT_ADDRESS === undefined)
    report('RCM_AWS_REGION', 'is not set, and RCM_VAULT_ADDRESS is not either: secrets need one of them');
  for (const store of ['RCM_AWS_REGION', 'RCM_VAULT_ADDRESS'] as const) {
    if (config[store] === undefined) continue;
    for (const name of NEEDED[store]) if (config[name] === undefined) report(name, `is not set, but ${store} is`);
  }
  checkPlaces(config, report);
  if (config.RCM_PREVIOUS_IDENTITY_KEY_ID === config.RCM_IDENTITY_KEY_ID)
    report('RCM_PREVIOUS_IDENTITY_KEY_ID', 'is the id of RCM_IDENTITY_KEY itself: two keys need two ids');
  if (config.RCM_FINGERPRINT_KEY_ID !== undefined && config.RCM_PREVIOUS_FINGERPRINT_KEY_ID === config.RCM_FINGERPRINT_KEY_ID)
    report('RCM_PREVIOUS_FINGERPRINT_KEY_ID', 'is the id of RCM_FINGERPRINT_KEY itself: two keys need two ids');
  const oneTenant = config.RCM_DEDICATED_ORG_ID !== undefined;
  if (config.RCM_AWS_REGION !== undefined && (config.RCM_TENANT_ROLE_ARN !== undefined) === oneTenant)
    report('RCM_TENANT_ROLE_ARN', 'must be set, or RCM_DEDICATED_ORG_ID in a deployment for one organization, and not both');
  const endpoints = {
    RCM_AWS_ENDPOINT: { address: config.RCM_AWS_ENDPOINT, use: 'aws' },
    RCM_AWS_REPLICA_ENDPOINT: { address: config.RCM_AWS_REPLICA_ENDPOINT, use: 'aws' },
  } as const;
  checkAddresses(config, endpoints, problems);
}

function checkPlaces(
  config: Pick<CredentialsConfig, 'RCM_STORE_PLACES' | 'RCM_AWS_REGION' | 'RCM_AWS_REPLICA_REGION'>,
  report: (name: string, message: string) => void,
): void {
  const { RCM_STORE_PLACES: places = [], RCM_AWS_REGION: first, RCM_AWS_REPLICA_REGION: replica } = config;
  if (places.length > 0 && first === undefined) report('RCM_STORE_PLACES', 'names further places in AWS, and RCM_AWS_REGION is not set');
  const names = places.map(({ accountId, region }) => `${accountId}/${region}`);
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) < index))) report('RCM_STORE_PLACES', `names ${name} a second time`);
  // A copy would lie under the name of the secret itself.
  for (const [index, { region }] of places.entries())
    if (region === replica) report('RCM_STORE_PLACES', `${names[index]} is in RCM_AWS_REPLICA_REGION, where copies lie`);
}

function identityKey() {
  return z
    .string()
    .min(32, 'must be at least 32 characters')
    .transform((text) => new Secret(text));
}

function keyId() {
  return z.string().regex(/^[a-z0-9]{1,16}$/, 'must be one to sixteen lower-case letters and digits');
}

function checkedBy(problemOf: (text: string) => string | null) {
  return z.string().superRefine((text, context) => {
    const problem = problemOf(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: `cannot be used: ${problem}` });
  });
}
