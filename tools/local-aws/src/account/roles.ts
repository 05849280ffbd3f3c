import { type Account, roleArn } from './arns.ts';

export type TenantRole = 'agent' | 'rotator' | 'migrator';

export interface Role {
  readonly name: string;
  /** What its sessions may do: a tenant's own secrets as that app needs them, or nothing but assume a tenant role. */
  readonly kind: TenantRole | 'task';
  /** Seconds; what DurationSeconds may ask for at most. */
  readonly maxSessionSeconds: number;
  /** Role names whose sessions may assume it, besides the account's own user. */
  readonly trusts: readonly string[];
}

const TASK_ROLE = 'rcm-task';

const tenantRole = (kind: TenantRole): Role => ({ name: `rcm-${kind}-tenant`, kind, maxSessionSeconds: 43_200, trusts: [TASK_ROLE] });

/** The roles that exist from the start: one per app, and the one a container runs under, which can read no secret itself. */
export const roles: ReadonlyMap<string, Role> = new Map(
  [
    tenantRole('agent'),
    tenantRole('rotator'),
    tenantRole('migrator'),
    { name: TASK_ROLE, kind: 'task', maxSessionSeconds: 43_200, trusts: [] } satisfies Role,
  ].map((role) => [role.name, role]),
);

export const taskRoleArn = (account: Account): string => roleArn(account, TASK_ROLE);

export const tenantRoleArn = (account: Account, kind: TenantRole): string => roleArn(account, `rcm-${kind}-tenant`);
