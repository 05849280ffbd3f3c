import { credentialReference, newSecretPlaces, parseReference, placeKey, type SecretReference } from '@rcm/credentials';
import { listEndpoints, schemaWords } from '@rcm/db';
import { type ErrorCode, hasCode, isRcmError } from '@rcm/telemetry';
import { readRotatorConfig, type RotatorConfig } from './config.ts';
import { openRotator, type RotatorProcess } from './services.ts';

/** What one look found. `problem: null`: it is well; `looked: false`: it could not be looked at, and `says` has why. */
export interface Examined {
  readonly check: 'configuration' | 'keys' | 'store' | 'browser';
  readonly looked: boolean;
  readonly says: string;
  readonly todo: string | null;
}

const DEADLINE_MS = 60_000;
const well = (check: Examined['check'], says: string): Examined => ({ check, looked: true, says, todo: null });

/**
 * Looks at what a rotator of this configuration needs, without a login and without a secret: nothing is changed, and nothing read that is to be audited.
 * Never rejects for what it finds.
 */
export async function examineRotator(environment: NodeJS.ProcessEnv): Promise<readonly Examined[]> {
  let opened: RotatorProcess;
  let config: RotatorConfig;
  try {
    config = { ...readRotatorConfig(environment), RCM_LOG_LEVEL: 'error' };
    opened = openRotator(config);
  } catch (error) {
    return [failed('configuration', error)];
  }
  try {
    return [well('configuration', 'a rotator takes it'), ...(await examineRows(opened, config)), await examineBrowser(opened)];
  } finally {
    await opened.close();
  }
}

/** What rows are needed for. A database that does not answer is said of its login, and of nothing else: the configuration may be right. */
async function examineRows(opened: RotatorProcess, config: RotatorConfig): Promise<readonly Examined[]> {
  let problem: string | null;
  try {
    problem = (await schemaWords(opened.db)).refused;
  } catch (error) {
    if (!hasCode(error, 'config_invalid')) return [skipped('keys', NO_DATABASE), skipped('store', NO_DATABASE)];
    problem = error.message;
  }
  if (problem !== null)
    return [
      { check: 'keys', looked: true, says: problem, todo: TODO.config_invalid ?? null },
      skipped('store', 'this process may not work on the database as it is'),
    ];
  return [well('keys', 'every row goes by a key that is here'), await examineStore(opened, config)];
}

const NO_DATABASE = 'the database does not answer this process';
const skipped = (check: Examined['check'], says: string): Examined => ({ check, looked: false, says, todo: null });

/**
 * As the tenant of a login that is stored, asks for a secret that no login has, in every place where such a login may lie: it is answered that there is none, or why nothing
 * is answered.
 */
async function examineStore({ rotator }: RotatorProcess, config: RotatorConfig): Promise<Examined> {
  const stored = (await listEndpoints(rotator.db, { limit: 100 })).find(({ secretArn }) => secretArn !== null);
  if (!stored || stored.secretArn === null) return skipped('store', 'no login is stored yet');
  const reference = parseReference(stored.secretArn);
  const places = newSecretPlaces(config, reference.store);
  for (const place of places) {
    try {
      await rotator.stores.forTenant(stored.orgId).read(nobodys({ ...reference, ...place } as SecretReference), { signal: AbortSignal.timeout(DEADLINE_MS) });
    } catch (error) {
      const found = failed('store', error, reference.store === 'vault' ? { ...TODO, ...TODO_IN_VAULT } : TODO);
      return { ...found, says: places.length > 1 ? `${placeKey(place)}: ${found.says}` : found.says };
    }
  }
  // Whether the key opens what is there is not known by that: a secret is read by who says why.
  return well('store', `${places.length > 1 ? `all ${places.length} places answer` : 'it answers'} a tenant’s session; no secret was opened`);
}

/** Beside the secret, of an endpoint that is none. */
const nobodys = (reference: SecretReference): SecretReference =>
  credentialReference({ ...reference, orgId: reference.organizationId, endpointId: 'rcm-doctor', portalAccountId: 'none' });

async function examineBrowser({ tryBrowser }: RotatorProcess): Promise<Examined> {
  try {
    await tryBrowser(AbortSignal.timeout(DEADLINE_MS));
    return well('browser', 'it opens a page');
  } catch (error) {
    return failed('browser', error);
  }
}

function failed(check: Examined['check'], error: unknown, todo: Todo = TODO): Examined {
  const known = isRcmError(error);
  return {
    check,
    looked: true,
    says: known ? error.message : 'something unexpected failed',
    todo: (known && todo[error.code]) || 'read the log of the process',
  };
}

type Todo = Partial<Readonly<Record<ErrorCode, string>>>;

const TODO: Todo = {
  config_invalid: 'put the configuration right (docs/configuration.md)',
  store_denied: 'look at the tenant role, its trust and the key’s policy (rcm policies aws prints them), and docs/runbooks/stack-changed.md',
  store_unavailable: 'see whether the store is reached from here, and docs/runbooks/store-down.md',
  store_throttled: 'fewer calls, or a higher quota: docs/runbooks/store-down.md',
  browser_unavailable: 'install a Chromium, or name it in RCM_CHROMIUM_PATH',
  deadline_exceeded: 'see whether it is reached from here',
};
const TODO_IN_VAULT: Todo = {
  store_denied:
    'look at the AppRole’s role id and secret id in RCM_VAULT_APPROLE_FOLDER and at its policy (rcm policies vault prints it), and docs/runbooks/store-down.md',
};
