import { type Account, roleArn } from './arns.ts';

export type TenantRole = 'agent' | 'rotator' | 'migrator';

export interface Role {
  readonly name: string;
  /** Seconds; what DurationSeconds may ask for at most. */
  readonly maxSessionSeconds: number;
  /** Tags of the role itself: every session of it carries them, a session tag of the same key goes before. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The roles of an account by name. Who may assume them and what they may do is `authorize`'s to know. */
export type Roles = ReadonlyMap<string, Role>;

const MAX_SESSION_SECONDS = 43_200;

export const TASK_ROLE = 'rcm-task';

export const tenantRoleName = (kind: TenantRole): string => `rcm-${kind}-tenant`;

export const rolesNamed = (roles: readonly { readonly name: string; readonly tags?: Readonly<Record<string, string>> | undefined }[]): Roles =>
  new Map(roles.map(({ name, tags = {} }) => [name, { name, tags, maxSessionSeconds: MAX_SESSION_SECONDS }]));

/** What a fresh account has: one role per app, and the one a container runs under, which can read no secret itself. */
export const builtInRoles: Roles = rolesNamed([
  ...(['agent', 'rotator', 'migrator'] as const).map((kind) => ({ name: tenantRoleName(kind) })),
  { name: TASK_ROLE },
]);

export const taskRoleArn = (account: Account): string => roleArn(account, TASK_ROLE);

export const tenantRoleArn = (account: Account, kind: TenantRole): string => roleArn(account, tenantRoleName(kind));
