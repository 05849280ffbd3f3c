import { credentialsKeyPolicy } from './key-policy.ts';
import { guardianPolicy } from './guardian-policy.ts';
import { deletionGuardrail } from './guardrail.ts';
import type { PersonRole } from './person-policies.ts';
import { personTrustPolicy } from './person-trust.ts';
import { checkedPlace, type PolicyPlace } from './place.ts';
import { GUARDIAN_ROLE, keyUsers, peopleRoles, type PlatformPolicies, type RolePolicies, taskRoleName, tenantRoleName } from './platform-policies.ts';
import { type TenantApp, tenantPolicy } from './tenant-policy.ts';
import { tenantTrustPolicy } from './tenant-trust.ts';
import { withinQuotas } from './within-quotas.ts';

export interface StoreAccountOptions extends PolicyPlace {
  /** Where the tasks run, whose task roles become tenants here. */
  readonly tasksAccountId: string;
  /** Roles for people beside the guardian. Default none. */
  readonly people?: readonly PersonRole[];
}

const APPS: readonly TenantApp[] = ['agent', 'rotator', 'migrator'];

/**
 * What is made in an account that holds secrets and runs nothing: tenant roles that the task roles of `tasksAccountId` become, a guardian, people's roles and a
 * key. Its own administrators can make a role with any name, and none that is a task role of the other account. Fails with `config_invalid`.
 */
export function storeAccountPolicies({ tasksAccountId, people = [], ...place }: StoreAccountOptions): PlatformPolicies {
  const { partition, accountId } = checkedPlace(place);
  checkedPlace({ ...place, accountId: tasksAccountId });
  const arn = (name: string, account = accountId): string => `arn:${partition}:iam::${account}:role/${name}`;
  const tenants = APPS.map((app): RolePolicies => ({
    name: tenantRoleName(app),
    tags: {},
    trustPolicy: tenantTrustPolicy(place, [arn(taskRoleName(app), tasksAccountId)], tasksAccountId),
    policy: tenantPolicy(app, place),
  }));
  const guardian = arn(GUARDIAN_ROLE);
  const [agent, rotator, migrator] = APPS.map((app) => [arn(tenantRoleName(app))]) as [string[], string[], string[]];
  return withinQuotas({
    roles: [...tenants, { name: GUARDIAN_ROLE, tags: {}, trustPolicy: personTrustPolicy(place), policy: guardianPolicy(place) }, ...peopleRoles(people, place)],
    keyPolicy: credentialsKeyPolicy(place, { agent, rotator, migrator, guardian, ...keyUsers(people, arn) }),
    guardrail: deletionGuardrail(place, { guardian, rotators: rotator }),
  });
}
