import { type PlatformPolicies, platformPolicies, type PolicyPlace, storeAccountPolicies } from '@rcm/credentials/policies';
import type { Environment } from '../configuration/read-configuration.ts';

/** Where the environment's secrets lie, in its own account. */
export const placeOf = ({ partition, account, region, replica, name }: Environment): PolicyPlace => ({
  partition,
  accountId: account,
  regions: [region, ...(replica ? [replica.region] : [])],
  environment: name,
});

const peopleOf = ({ stage }: Environment) => ['breakGlass', 'auditor', ...(stage === 'development' ? (['devAdmin'] as const) : [])] as const;

/** What keeps tenants apart, as `rcm policies aws` prints it: the stack deploys these documents and no copy of them. */
export const policiesOf = (environment: Environment): PlatformPolicies =>
  platformPolicies({
    ...placeOf(environment),
    // The key that signs is not named here: its own policy lets the writer sign.
    auditHeads: { bucket: environment.auditHeads.bucket },
    people: peopleOf(environment),
    storeAccounts: environment.storeAccounts.map(({ account }) => account),
  });

export const storePoliciesOf = (environment: Environment, { account, regions }: Environment['storeAccounts'][number]): PlatformPolicies =>
  storeAccountPolicies({ ...placeOf(environment), accountId: account, regions, tasksAccountId: environment.account, people: peopleOf(environment) });
