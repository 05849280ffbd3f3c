/**
 * An AWS account in one process: SSM Parameter Store, Secrets Manager, KMS, STS, SNS and buckets with Object Lock over HTTP for the unmodified SDK, as
 * strict as AWS documents. For development and tests on one machine. Threats it minds: a secret readable in its data file,
 * an unsigned or foreign caller, one tenant's session reaching another tenant's secrets. It must never be the place where
 * real credentials are kept, never listen beyond this machine by default, and never accept what AWS would refuse.
 */
export type { TenantRole } from './account/roles.ts';
export { type Clock, systemClock } from './clock.ts';
export { everyValueEver } from './every-value-ever.ts';
export type { Fault, FaultKind } from './faults.ts';
export type { AccountFacts, AuthorizationRequest, Authorize, Conditions, Refusal } from './identity/authorize.ts';
export type { SessionKey } from './identity/issue-session.ts';
export type { AccessKey, Principal } from './identity/principal.ts';
export type { Enforcement } from './policies/documents.ts';
export { createEnforcement } from './policies/enforce.ts';
export { loadPolicyEngine, type PolicyEngine } from './policies/engine.ts';
export type { QuotaOptions } from './quotas.ts';
export { Regions } from './regions.ts';
export { StartError, type StartErrorCode } from './start-error.ts';
export { type LocalAws, type LocalAwsOptions, startLocalAws } from './start.ts';
export type { PublishedMessage } from './topics/messages.ts';
