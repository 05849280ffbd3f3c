import { z } from 'zod';
import { accountFacts } from './account/facts.ts';
import { type Account, aliasArn, keyArn } from './account/arns.ts';
import { builtInRoles, rolesNamed, taskRoleArn, tenantRoleArn, type TenantRole } from './account/roles.ts';
import { type Clock, systemClock } from './clock.ts';
import { createFaults, type Fault, faultSchema } from './faults.ts';
import { createDispatcher } from './http/dispatch.ts';
import { startServer } from './http/server.ts';
import { baseAccessKey } from './identity/access-keys.ts';
import { createAuthenticator } from './identity/authenticate.ts';
import { type Authorize, createAuthorize } from './identity/authorize.ts';
import type { SessionKey } from './identity/issue-session.ts';
import type { AccessKey } from './identity/principal.ts';
import { securityTokens } from './identity/service.ts';
import { createTaskKeys } from './identity/task-keys.ts';
import { createKeyRing } from './keys/key-ring.ts';
import { keyManagement } from './keys/service.ts';
import type { Service } from './operation.ts';
import { createObjectStore } from './objects/store.ts';
import { parameterStore } from './parameters/service.ts';
import { MAX_PARAMETERS, type ParameterLimits } from './parameters/tier.ts';
import { MAX_SECRETS } from './secrets/create.ts';
import { type Enforcement, enforcementSchema } from './policies/documents.ts';
import { createEnforcement, type EnforceOptions } from './policies/enforce.ts';
import { CREDENTIALS_ALIAS, provision } from './provision.ts';
import { createQuotas, type QuotaOptions } from './quotas.ts';
import { Regions } from './regions.ts';
import { secretsManager } from './secrets/service.ts';
import { StartError } from './start-error.ts';
import { openDatabase } from './storage/database.ts';
import { lockDataFile, openLocked } from './storage/lock.ts';
import { openRootKey } from './storage/root-key.ts';
import { type PublishedMessage, publishedMessages } from './topics/messages.ts';
import { notifications } from './topics/service.ts';

export interface LocalAwsOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Where everything is kept, beside `<dataFile>.hsm` (keys) and `<dataFile>.lock`. Default: in memory. */
  readonly dataFile?: string | undefined;
  /** Twelve digits; default `123456789012`. A data file belongs to one account and region. */
  readonly accountId?: string | undefined;
  /** Default `us-east-1`. */
  readonly region?: string | undefined;
  /** Requests a second of Parameter Store; default: no limit. */
  readonly quotas?: QuotaOptions;
  /** How many parameters the account may have of a tier, for what happens in one that is full; default: AWS's 10,000 and 100,000. */
  readonly parameterLimits?: Partial<ParameterLimits>;
  /** The same of secrets; default: AWS's 500,000. */
  readonly secretLimit?: number;
  /** Time for signatures, sessions, recovery windows and quotas; default: the system's. */
  readonly clock?: Clock;
  /** The account's other regions in this process, to which Secrets Manager replicates. Default: there are none. */
  readonly regions?: Regions;
  /** Whether the base user may do everything, or only call STS; default true. */
  readonly baseIsAdmin?: boolean;
  /**
   * Roles and a key policy: every call is then decided by them (and the account has no other roles). Needs
   * `@cloud-copilot/iam-simulate`. Default: the fixed rules of `identity/authorize.ts`.
   */
  readonly enforce?: Enforcement | undefined;
  /** Replaces what decides, the roles of `enforce` stay. */
  readonly authorize?: Authorize;
  /** Told about defects and storage that fails while running; default: ignored, the caller sees a 500. */
  readonly onInternalError?: (error: unknown) => void;
}

export interface LocalAws {
  /** `http://host:port`, for the `endpoint` of every SDK client. */
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** The customer key behind `alias/rcm-credentials`. */
  readonly kmsKeyArn: string;
  readonly kmsAliasArn: string;
  readonly credentials: AccessKey;
  tenantRoleArn(role: TenantRole): string;
  /** What a container runs under: it may assume tenant roles and do nothing else. Not an account's with `enforce`, which names its own. */
  readonly taskRoleArn: string;
  /**
   * Keys as a container service hands them to a task of this role, `tags` being session tags. Errors: StartError
   * `options_invalid` for a role that is not there.
   */
  taskCredentials(role: string, tags?: Readonly<Record<string, string>>): SessionKey;
  /** What a process shows at `/_local/task-credentials/<role>` to be given them (AWS_CONTAINER_AUTHORIZATION_TOKEN). */
  taskToken(role: string): string;
  /** Replaces all faults; `{ kind: 'none' }` ends them. */
  setFaults(faults: Fault | readonly Fault[]): void;
  /** Replaces the quotas that it was started with: for a test that first makes what it then asks for at AWS's pace. */
  setQuotas(quotas: QuotaOptions): void;
  /** What was published to topics, oldest first. */
  published(): PublishedMessage[];
  /** Finishes requests in hand and lets go of the data file. */
  close(): Promise<void>;
}

const services: readonly Service[] = [parameterStore, secretsManager, keyManagement, securityTokens, notifications];

/** Starts the account. Errors: StartError (options, port, data file). */
export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const { port = 0, host = '127.0.0.1', dataFile = null, accountId = '123456789012', region = 'us-east-1', clock = systemClock } = options;
  const account: Account = { partition: 'aws', accountId, region };
  requireAccount(account);
  const enforce = options.enforce && checkedEnforcement(options.enforce);
  const roles = enforce ? rolesNamed(enforce.roles) : builtInRoles;
  const authorize = options.authorize ?? (await decider(enforce, { account, baseIsAdmin: options.baseIsAdmin ?? true }));
  const lock = dataFile === null ? null : lockDataFile(dataFile);
  const { database, root, release } = openLocked(lock, () => ({ root: openRootKey(dataFile), database: openDatabase(dataFile) }));
  try {
    const keys = createKeyRing(database, root, account);
    const keyId = database.transaction(() => provision({ account, database, keys, now: clock.now() }));
    const faults = createFaults();
    const credentials = baseAccessKey(root);
    const tasks = createTaskKeys({ roles, root, clock });
    const published = (): PublishedMessage[] => publishedMessages(database, root);
    const authenticator = createAuthenticator({ account, roles, root, clock });
    const { regions = new Regions() } = options;
    const limits = { parameterLimits: { ...MAX_PARAMETERS, ...options.parameterLimits }, secretLimit: options.secretLimit ?? MAX_SECRETS };
    const backend = { account, database, keys, root, roles, regions, ...limits };
    const onInternalError = options.onInternalError ?? (() => {});
    let quotas = createQuotas(options.quotas ?? {}, clock);
    const dispatcher = createDispatcher({
      authenticator,
      authorize,
      quotas: { take: (action) => quotas.take(action) },
      clock,
      backend,
      onInternalError,
    });
    const objects = createObjectStore({ authenticator, authorize, clock, database, onInternalError, facts: accountFacts(backend) });
    const server = await startServer({ host, port, services, dispatcher, objects, faults, control: { faults, key: credentials, published, tasks }, clock });
    // Not before it serves: one that could not start would stay among them with a data file that is closed.
    regions.join({ ...backend, authorize, clock, isAway: () => faults.isAway('secretsmanager') });
    let closing: Promise<void> | null = null;
    return {
      endpoint: `http://${host}:${server.port}`,
      ...{ region, accountId, credentials, published },
      taskCredentials: (role, tags) => knownRole(role, tasks.keysFor(role, tags)),
      taskToken: (role) => tasks.tokenFor(role),
      kmsKeyArn: keyArn(account, keyId),
      kmsAliasArn: aliasArn(account, CREDENTIALS_ALIAS),
      taskRoleArn: taskRoleArn(account),
      tenantRoleArn: (role) => tenantRoleArn(account, role),
      setQuotas: (given) => void (quotas = createQuotas(given, clock)),
      setFaults: (given) => faults.set((Array.isArray(given) ? given : [given]).map((fault) => faultSchema.parse(fault))),
      close() {
        regions.leave(account);
        return (closing ??= server.close().finally(release));
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function checkedEnforcement(given: Enforcement): Enforcement {
  const checked = enforcementSchema.safeParse(given);
  if (!checked.success) throw new StartError('options_invalid', `The policies to enforce are not usable: ${z.prettifyError(checked.error)}`);
  return checked.data;
}

const decider = async (enforce: Enforcement | undefined, options: EnforceOptions): Promise<Authorize> =>
  enforce ? createEnforcement(enforce, options) : createAuthorize(options);

function knownRole(role: string, keys: SessionKey | null): SessionKey {
  if (!keys) throw new StartError('options_invalid', `The account has no role ${role}.`);
  return keys;
}

function requireAccount({ accountId, region }: Account): void {
  if (!/^\d{12}$/.test(accountId)) throw new StartError('options_invalid', 'The account id must be twelve digits.');
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) throw new StartError('options_invalid', 'The region must look like us-east-1.');
}
