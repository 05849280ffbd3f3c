import { isId, RcmError } from '@rcm/telemetry';
import { guardianPolicy } from './guardian-policy.ts';
import { deletionGuardrail } from './guardrail.ts';
import { type HeadPlace, headWriterPolicy } from './head-writer-policy.ts';
import { type KeyUsers, credentialsKeyPolicy } from './key-policy.ts';
import { type PersonRole, personPolicy } from './person-policies.ts';
import { personTrustPolicy } from './person-trust.ts';
import { checkedPlace, type PolicyPlace } from './place.ts';
import type { PolicyDocument } from './policy-document.ts';
import { taskPolicy, taskTrustPolicy } from './task-policy.ts';
import { type TenantApp, tenantPolicy } from './tenant-policy.ts';
import { tenantTrustPolicy } from './tenant-trust.ts';
import { withinQuotas } from './within-quotas.ts';

/** An IAM role as it is to be deployed. */
export interface RolePolicies {
  readonly name: string;
  /** Tags of the role itself; only a dedicated deployment's task role has them. */
  readonly tags: Readonly<Record<string, string>>;
  readonly trustPolicy: PolicyDocument;
  /** The one managed policy attached to it. */
  readonly policy: PolicyDocument;
}

/** Everything that keeps tenants apart, and what they have from being lost, in one environment. */
export interface PlatformPolicies {
  readonly roles: readonly RolePolicies[];
  /** Of the customer key behind every secret. */
  readonly keyPolicy: PolicyDocument;
  /** A service control policy for the account, which denies to everybody but the guardian what takes secrets away. */
  readonly guardrail: PolicyDocument;
}

export interface PlatformPoliciesOptions extends PolicyPlace {
  /** Deployments that serve one tenant under a tagged task role of their own. Default none. */
  readonly dedicated?: readonly { readonly app: TenantApp; readonly orgId: string }[];
  /** Where `audit heads run` writes to, and which key signs; without it there is no role for it. */
  readonly auditHeads?: HeadPlace;
  /** Roles for people beside the guardian. Default none. */
  readonly people?: readonly PersonRole[];
  /** Further accounts that hold secrets: what is made in each of them says `storeAccountPolicies`. Default none. */
  readonly storeAccounts?: readonly string[];
}

export const taskRoleName = (app: TenantApp): string => `rcm-${app}-task`;
export const tenantRoleName = (app: TenantApp): string => `rcm-${app}-tenant`;
export const dedicatedRoleName = (app: TenantApp, orgId: string): string => `rcm-${app}-${orgId}`;
/** The task role of `audit heads run`. */
export const HEAD_WRITER_ROLE = 'rcm-head-writer';
/** The one role that may delete: for people, with a second factor, for the day that needs it. */
export const GUARDIAN_ROLE = 'rcm-guardian';
export const PERSON_ROLES: Readonly<Record<PersonRole, string>> = { breakGlass: 'rcm-break-glass', auditor: 'rcm-auditor', devAdmin: 'rcm-dev-admin' };

const APPS: readonly TenantApp[] = ['agent', 'rotator', 'migrator'];

/**
 * The roles of every app and the key policy: for each app a task role, which can only become a tenant, and the tenant role that
 * it becomes; no app's task can become another app's tenant; the guardian, with the guardrail that leaves deleting to it; and the writer of audit heads. Fails with `config_invalid`.
 */
export function platformPolicies({ dedicated = [], auditHeads, people = [], storeAccounts = [], ...place }: PlatformPoliciesOptions): PlatformPolicies {
  const { partition, accountId, environment } = checkedPlace(place);
  if (!dedicated.every(({ orgId }) => isId(orgId))) throw new RcmError('config_invalid', 'A dedicated deployment is for an organization that is not an id.');
  const arn = (name: string, account = accountId): string => `arn:${partition}:iam::${account}:role/${name}`;
  const everywhere = (name: string): string[] => [accountId, ...storeAccounts].map((account) => arn(name, account));
  const roles = APPS.flatMap((app): RolePolicies[] => [
    { name: taskRoleName(app), tags: {}, trustPolicy: taskTrustPolicy(place), policy: taskPolicy(...everywhere(tenantRoleName(app))) },
    { name: tenantRoleName(app), tags: {}, trustPolicy: tenantTrustPolicy(place, [arn(taskRoleName(app))]), policy: tenantPolicy(app, place) },
  ]);
  const dedicatedRoles = dedicated.map(({ app, orgId }): RolePolicies => ({
    name: dedicatedRoleName(app, orgId),
    tags: { env: environment, tenant_id: orgId },
    trustPolicy: taskTrustPolicy(place),
    policy: tenantPolicy(app, place),
  }));
  const usersOf = (app: TenantApp): string[] => [
    arn(tenantRoleName(app)),
    ...dedicated.filter((each) => each.app === app).map(({ orgId }) => arn(dedicatedRoleName(app, orgId))),
  ];
  const guardian = arn(GUARDIAN_ROLE);
  const users: KeyUsers = { agent: usersOf('agent'), rotator: usersOf('rotator'), migrator: usersOf('migrator'), guardian, ...keyUsers(people, arn) };
  const guardianRole: RolePolicies = { name: GUARDIAN_ROLE, tags: {}, trustPolicy: personTrustPolicy(place), policy: guardianPolicy(place) };
  const headWriter: RolePolicies[] = auditHeads
    ? [{ name: HEAD_WRITER_ROLE, tags: {}, trustPolicy: taskTrustPolicy(place), policy: headWriterPolicy(place, auditHeads) }]
    : [];
  const all = [...roles, ...dedicatedRoles, guardianRole, ...peopleRoles(people, place), ...headWriter];
  // An organization `task` would give its agents the name of the agents' own task role.
  const twice = all.find(({ name }, index) => all.findIndex((each) => each.name === name) < index);
  if (twice) throw new RcmError('config_invalid', `The IAM policies cannot be made: two roles would be called ${twice.name}.`);
  return withinQuotas({
    roles: all,
    keyPolicy: credentialsKeyPolicy(place, users),
    guardrail: deletionGuardrail(place, { guardian, rotators: users.rotator }),
  });
}

/** As roles of an account: the same in the tasks' own and in a further one. */
export const peopleRoles = (people: readonly PersonRole[], place: PolicyPlace): RolePolicies[] =>
  people.map((role) => ({ name: PERSON_ROLES[role], tags: {}, trustPolicy: personTrustPolicy(place), policy: personPolicy(role, place) }));

/** Who of them uses the key; an auditor does not. */
export const keyUsers = (people: readonly PersonRole[], arn: (name: string) => string): Pick<KeyUsers, 'breakGlass' | 'devAdmin'> =>
  Object.fromEntries(people.filter((role) => role !== 'auditor').map((role) => [role, arn(PERSON_ROLES[role])]));
