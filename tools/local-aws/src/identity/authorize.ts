import type { TenantRole } from '../account/roles.ts';
import type { Principal, SessionPrincipal } from './principal.ts';

/** One call as a policy sees it. */
export interface AuthorizationRequest {
  readonly principal: Principal;
  /** `service:Operation`, as IAM names it. */
  readonly action: string;
  /** ARNs, or `*` where the action has no resource. */
  readonly resources: readonly string[];
  /** Condition keys that the call carries, e.g. `secretsmanager:VersionStage`. */
  readonly conditions: Readonly<Record<string, string>>;
}

/** The seam where a full policy evaluation can stand; `null` allows, a string names the resource that is refused. */
export type Authorize = (request: AuthorizationRequest) => string | null;

const READ = ['ssm:GetParameter', 'ssm:GetParameters', 'secretsmanager:GetSecretValue'];
const WRITE = [
  ...['ssm:PutParameter', 'ssm:AddTagsToResource', 'ssm:ListTagsForResource', 'ssm:GetParameterHistory'],
  ...['secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
  ...['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds', 'secretsmanager:TagResource'],
];
const ROTATE = ['ssm:DeleteParameter', 'ssm:DeleteParameters', 'ssm:GetParametersByPath', 'secretsmanager:DeleteSecret', 'secretsmanager:RestoreSecret'];

/** What each app's tenant role may do, and below which folder of its tenant. */
const grants: Readonly<Record<TenantRole, { readonly actions: ReadonlySet<string>; readonly folders: readonly string[] }>> = {
  agent: { actions: new Set(READ), folders: ['endpoints/'] },
  rotator: { actions: new Set([...READ, ...WRITE, ...ROTATE]), folders: ['endpoints/', 'rotation/'] },
  migrator: { actions: new Set([...READ, ...WRITE]), folders: ['endpoints/'] },
};

const SEGMENT = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * The rules of a fresh account: its user may do everything (`baseIsAdmin`) or only call STS; a container's task role may
 * only assume tenant roles; a tenant session may only touch `/rcm/{env}/{tenant_id}/…` of its own session tags, an agent's
 * only current values under `endpoints/`.
 */
export function createAuthorize(options: { readonly baseIsAdmin: boolean }): Authorize {
  return ({ principal, action, resources, conditions }) => {
    // No permissions are needed for it, and AssumeRole is decided by the role's trust (identity/assume-role.ts).
    if (action === 'sts:GetCallerIdentity' || action === 'sts:AssumeRole') return null;
    const first = resources[0] ?? '*';
    if (principal.kind === 'user') return options.baseIsAdmin ? null : first;
    if (principal.role.kind === 'task') return first;
    const grant = grants[principal.role.kind];
    if (!grant.actions.has(action) || !stageAllowed(principal.role.kind, action, conditions)) return first;
    const prefixes = tenantPrefixes(principal, grant.folders);
    return resources.find((arn) => !prefixes.some((prefix) => pathOf(arn).startsWith(prefix))) ?? null;
  };
}

/** An agent reads AWSCURRENT and has to say so: no stage named is refused, as a StringEquals condition would. */
const stageAllowed = (kind: TenantRole, action: string, conditions: Readonly<Record<string, string>>): boolean =>
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
