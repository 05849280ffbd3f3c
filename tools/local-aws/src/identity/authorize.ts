import { TASK_ROLE, type TenantRole, tenantRoleName } from '../account/roles.ts';
import type { Principal, SessionPrincipal } from './principal.ts';

/** Condition keys and their values; a list where the key can have several. */
export type Conditions = Readonly<Record<string, string | readonly string[]>>;

/** What a decision may look up about the account. */
export interface AccountFacts {
  tagsOf(arn: string): Readonly<Record<string, string>>;
  /** `alias/…` names of a key, by its ARN; none for what is no key of this account. */
  aliasesOf(keyArn: string): readonly string[];
}

/** One call as a policy sees it. */
export interface AuthorizationRequest {
  readonly principal: Principal;
  /** `service:Operation`, as IAM names it. */
  readonly action: string;
  /** ARNs, or `*` where the action has no resource. All must be allowed. */
  readonly resources: readonly string[];
  /** Condition keys that the call carries, e.g. `secretsmanager:VersionStage`. */
  readonly conditions: Conditions;
  readonly now: Date;
  readonly account: AccountFacts;
}

export interface Refusal {
  readonly resource: string;
  /** How AWS's sentence ends, after "because"; `null` where it says nothing more. */
  readonly because: string | null;
}

/** Decides one call; `null` allows. */
export type Authorize = (request: AuthorizationRequest) => Refusal | null;

const READ = ['ssm:GetParameter', 'ssm:GetParameters', 'secretsmanager:GetSecretValue'];
const WRITE = [
  ...['ssm:PutParameter', 'ssm:AddTagsToResource', 'ssm:ListTagsForResource', 'ssm:GetParameterHistory'],
  ...['secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
  ...['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds', 'secretsmanager:TagResource', 'secretsmanager:ReplicateSecretToRegions'],
];
const ROTATE = ['ssm:DeleteParameter', 'ssm:DeleteParameters', 'ssm:GetParametersByPath', 'secretsmanager:DeleteSecret', 'secretsmanager:RestoreSecret'];

/** What each app's tenant role may do, and below which folder of its tenant. */
const grants: Readonly<Record<TenantRole, { readonly actions: ReadonlySet<string>; readonly folders: readonly string[] }>> = {
  agent: { actions: new Set(READ), folders: ['endpoints/'] },
  rotator: { actions: new Set([...READ, ...WRITE, ...ROTATE]), folders: ['endpoints/', 'rotation/'] },
  migrator: { actions: new Set([...READ, ...WRITE]), folders: ['endpoints/'] },
};
const byRoleName = new Map((['agent', 'rotator', 'migrator'] as const).map((kind) => [tenantRoleName(kind), { kind, ...grants[kind] }]));

const SEGMENT = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * The rules of an account without policies: its user may do everything (`baseIsAdmin`) or only call STS; a container's task role
 * may only assume tenant roles; a tenant session may only touch `/rcm/{env}/{tenant_id}/…` of its own session tags, an agent's
 * only current values under `endpoints/`. Keys are nobody's business here: a service uses them for whoever may use the service.
 */
export function createAuthorize(options: { readonly baseIsAdmin: boolean }): Authorize {
  return ({ principal, action, resources, conditions }) => {
    const refused = (resource: string): Refusal => ({ resource, because: `no identity-based policy allows the ${action} action` });
    const first = resources[0] ?? '*';
    // No permissions are needed for it.
    if (action === 'sts:GetCallerIdentity' || isImplicit(conditions)) return null;
    if (isBecoming(action)) return principal.kind === 'user' || principal.role.name === TASK_ROLE ? null : { resource: first, because: null };
    if (principal.kind === 'user') return options.baseIsAdmin ? null : refused(first);
    const grant = byRoleName.get(principal.role.name);
    if (!grant?.actions.has(action) || !stageAllowed(grant.kind, action, conditions)) return refused(first);
    const prefixes = tenantPrefixes(principal, grant.folders);
    const foreign = resources.find((arn) => !prefixes.some((prefix) => pathOf(arn).startsWith(prefix)));
    return foreign === undefined ? null : refused(foreign);
  };
}

const isBecoming = (action: string): boolean => action === 'sts:AssumeRole' || action === 'sts:TagSession';

/** What one service asks of another for its caller. */
const isImplicit = (conditions: Conditions): boolean => 'kms:ViaService' in conditions;

/** An agent reads AWSCURRENT and has to say so: no stage named is refused, as a StringEquals condition would. */
const stageAllowed = (kind: TenantRole, action: string, conditions: Conditions): boolean =>
  kind !== 'agent' || action !== 'secretsmanager:GetSecretValue' || conditions['secretsmanager:VersionStage'] === 'AWSCURRENT';

/** Without both tags, or with one that could reach outside its segment, there is nothing a session may touch. */
function tenantPrefixes({ tags }: SessionPrincipal, folders: readonly string[]): string[] {
  const { env, tenant_id: tenant } = tags;
  if (env === undefined || tenant === undefined || !SEGMENT.test(env) || !SEGMENT.test(tenant)) return [];
  return folders.map((folder) => `rcm/${env}/${tenant}/${folder}`);
}

/** The name in a parameter's or secret's ARN, without a leading slash; a path asked for recursively ends in one. */
function pathOf(arn: string): string {
  const found = /^arn:[^:]*:(?:ssm:[^:]*:[^:]*:parameter|secretsmanager:[^:]*:[^:]*:secret:)\/?(.*)$/s.exec(arn);
  return found?.[1] ?? '';
}
