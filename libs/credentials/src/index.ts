/**
 * Where payer-portal logins lie and how they are lent: references, the payload, stores, tenant sessions, the cache, password
 * rules. Threats: one tenant's login given to another, plaintext in an error or a log, a staged password in an agent's hands, a
 * write that silently replaces what it has not read, a stale password that locks an account. It knows nothing of the database,
 * the portals or the audit trail (whoever calls it writes the audit event first), and must never log, print or keep a payload
 * outside its bounded cache. `@rcm/credentials/ssm`, `/secrets-manager` and `/vault` are the stores alone, each with its own SDK only.
 */
/** What a caller outside this workspace needs of `@rcm/telemetry`: it is packed with the library, not published. */
export { createMetrics, type ErrorCode, hasCode, isRcmError, isRetryable, type Metrics, RcmError, Secret } from '@rcm/telemetry';
export { isAttemptId } from './attempt-id.ts';
export { type BackupCode, backupCodes } from './backup-codes.ts';
export type { DataKeyOwner, TenantDataKeys, WrappedDataKey } from './data-keys/data-keys.ts';
export { createKmsDataKeys, type KmsDataKeysOptions } from './data-keys/kms-data-keys.ts';
export { transitKeyName } from './data-keys/transit-key-name.ts';
export { createVaultDataKeys, type VaultDataKeysOptions } from './data-keys/vault-data-keys.ts';
export { createTaskDataKeys, type TaskKeysConfig, taskKeysEnvironment, taskKeysKind, checkTaskKeys } from './data-keys/task-keys-environment.ts';
export { checkStores, type CredentialsConfig, credentialsEnvironment } from './environment.ts';
export { type CopyingStores, type CopyingStoresOptions, createCopyingStores } from './failover/copying-stores.ts';
export { parseDevice, type RememberedDevice, serializeDevice } from './device.ts';
export { dropDevice } from './drop-device.ts';
export { parseJsonExactly } from './exact-json.ts';
export { createFailoverReaders, type FailoverReadersOptions } from './failover/failover-readers.ts';
export type { KeptCopy } from './failover/keep-copy.ts';
export { type ReplicaConfig, replicaEnvironment } from './failover/replica-environment.ts';
export { createReplicatedReaders, createReplicatedStores } from './failover/replicated.ts';
export { codeInboxes, codePrints, mailboxPrint, inboxName, messagePrints, ownCodePrints } from './code-inbox.ts';
export { payloadFingerprint } from './fingerprint.ts';
export { isSamePassword, isSameText, keepsFieldsOf } from './stores/same-text.ts';
export {
  type AccountRealm,
  formerIdentities,
  type IdentityKey,
  type IdentityKeys,
  identityKeys,
  type LoginIdentity,
  keyChecks,
  type KeyPair,
  type KeysConfig,
  loginIdentity,
  loginNames,
  passwordFingerprints,
  realmHistory,
  type RealmHistory,
} from './login-identity.ts';
export {
  type CredentialPayload,
  parsePayload,
  type PasswordChange,
  payloadJsonSchema,
  payloadSchema,
  rotationOf,
  serializePayload,
  withPassword,
} from './payload.ts';
export { brokenRules } from './passwords/broken-rules.ts';
export { type GenerateOptions, generatePassword, type PasswordGenerator, passwordGenerator } from './passwords/generate-password.ts';
export { parsePasswordRules } from './passwords/password-rules.ts';
export type { PasswordRules } from './passwords/rule-set.ts';
export { ruleWarnings, usablePasswordRules } from './passwords/usable-rules.ts';
export {
  type CredentialManager,
  type CredentialManagerOptions,
  type CredentialRequest,
  createCredentialManager,
  type HeldCredential,
} from './reading/credential-manager.ts';
export type { CaughtUp, CurrentVersions } from './reading/catch-up.ts';
export { type ReadingConfig, readingEnvironment, readingNumbers } from './reading/reading-environment.ts';
export type { Served } from './reading/reading-metrics.ts';
export type { ReadingNumbers } from './reading/reading-numbers.ts';
export {
  credentialReference,
  deviceReference,
  formatReference,
  type NewPlace,
  type NewReference,
  parseReference,
  placeKey,
  referenceKey,
  secretPath,
  type SecretOwner,
  type SecretReference,
  type SecretsManagerReference,
  type SsmReference,
  type VaultReference,
} from './reference.ts';
export { newSecretPlaces, secretPlaces, tenantStoresOptions } from './store-settings.ts';
export { LARGE_PAYLOADS, type LargePayloads, placeForSize, type SsmTier } from './stores/size-policy.ts';
export type {
  CallOptions,
  FinalAct,
  ReadAnswer,
  ReadManyOptions,
  Rehearsal,
  RehearseOptions,
  SecretReader,
  SecretStages,
  SecretStore,
  SecretTags,
  SecretWriter,
  StagedSlot,
  StoredSecret,
} from './stores/store.ts';
export type { AppRole } from './stores/vault-session.ts';
export { actorEnvironment, actorIssuer, checkActor } from './tenancy/actor-environment.ts';
export { appRoleFolder } from './tenancy/app-role-folder.ts';
export { osUser, type SignedIn, signedInPerson } from './tenancy/signed-in-person.ts';
export { sessionName } from './tenancy/session-name.ts';
export type { FurtherPlace } from './tenancy/further-places.ts';
export type { DeviceStore, DeviceWrite } from './tenancy/owned-devices.ts';
export {
  createTenantDevices,
  createTenantReaders,
  createTenantStores,
  type TenantDevices,
  type TenantReaders,
  type TenantStores,
  type TenantStoresOptions,
} from './tenancy/tenant-stores.ts';
export { type VaultPolicy, type VaultTenant, vaultTenantPolicy } from './tenancy/vault-policy.ts';
