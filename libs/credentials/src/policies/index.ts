/**
 * The IAM policies that keep tenants apart, as functions of where the platform runs: what the AWS stack deploys and what tests
 * enforce. Pure and JSON-serialisable, no SDK. Threats: a session of one tenant reaching another's secrets, an agent reading a
 * staged password, a task without a tenant reading anything, a forged or missing tag, a key used outside its store, anybody deleting
 * what is not theirs to delete. It must
 * never hold a rule that no test turns red: the isolation matrix (`isolation.int.test.ts`), for people and further accounts the stack's access matrix
 * (docs/access-matrix.md).
 */
export { partitionOfRegion } from '../aws-partition.ts';
export { deletionGuardrail, type GuardrailRoles } from './guardrail.ts';
export { guardianPolicy } from './guardian-policy.ts';
export { type HeadPlace, headWriterPolicy } from './head-writer-policy.ts';
export { credentialsKeyPolicy, type KeyUsers } from './key-policy.ts';
export { type PersonRole, personPolicy } from './person-policies.ts';
export { personTrustPolicy } from './person-trust.ts';
export type { PolicyPlace } from './place.ts';
export {
  dedicatedRoleName,
  GUARDIAN_ROLE,
  HEAD_WRITER_ROLE,
  PERSON_ROLES,
  type PlatformPolicies,
  platformPolicies,
  type PlatformPoliciesOptions,
  type RolePolicies,
  taskRoleName,
  tenantRoleName,
} from './platform-policies.ts';
export type { PolicyConditions, PolicyDocument, PolicyStatement } from './policy-document.ts';
export { storeAccountPolicies, type StoreAccountOptions } from './store-account.ts';
export { taskPolicy, taskTrustPolicy } from './task-policy.ts';
export { type TenantApp, tenantPolicy } from './tenant-policy.ts';
export { tenantTrustPolicy } from './tenant-trust.ts';
