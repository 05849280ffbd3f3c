/** Plaintext on its way out of Postgres: rows as they were, proofs, runs, logins adopted from other tables, and the places where secrets are kept. */
export { type Adopted, adoptEndpoint, type AdoptEndpoint, type PrintOf, type WantedEndpoint } from '../adoption/adopt-endpoint.ts';
export { adoptOrganization, type OrganizationState, organizationState, type WantedOrganization } from '../adoption/adopt-organization.ts';
export { letGoAdopted, type LetGo } from '../adoption/let-go.ts';
export { accountOf, type AdoptedRow, listAdopted, type Look, lookAtAdopted } from '../adoption/look.ts';
export { LONGEST_CELL, openSource, type Source, type SourceCells, type SourceColumn, type SourceTable } from '../adoption/source.ts';
export { type FoundEndpoint, type SourceRowState, sourceRowState, type WantedPlace } from '../adoption/source-row-state.ts';
export { migrationByOrganization, type OrganizationMigration } from '../legacy/by-organization.ts';
export { type Claimed, type ClaimQuestion, claimLegacy, releaseClaim } from '../legacy/claim.ts';
export { type EndpointConfig, gatherCredentials, listConfigs, type PlacesOf, type ScrubElsewhere, scrubElsewhere } from '../legacy/configs.ts';
export { type LegacyNamed, type LegacyRead, nameLegacyLogin, readLegacyLogin, tellRowAndStoreDiffer } from '../legacy/dual-read.ts';
export { type LoginSample, listLoginSample } from '../legacy/login-sample.ts';
export { type LegacyEndpoint, listLegacyEndpoints, type Migrated, recordMigrated } from '../legacy/migrate.ts';
export { forgetName, nameRow, type RotatedElsewhere, secretsRotatedElsewhere } from '../legacy/name-row.ts';
export { countHeldByOldReaders, declareOldReadersGone, hasOldReaders } from '../legacy/old-readers.ts';
export { changePace, type PaceQuestion, takeTurn, type Turn } from '../legacy/pace.ts';
export { beginSecretLook, beginSecretLooks, type SecretLook } from '../legacy/secret-looks.ts';
export { listProofs, type MigrationProof, type NewProof, type ReadProof, recordProof } from '../legacy/proofs.ts';
export { forgetLeftoverFingerprints, organizationsRemovedByHand } from '../legacy/removed-by-hand.ts';
export { readLegacy, recordResolved, recordResolvedRow, type ResolveAnswer, type ResolvedSecret } from '../legacy/resolve.ts';
export { type LegacyRestore, type RestoreAnswer, restoreLegacyCredentials } from '../legacy/restore.ts';
export { checkRewriteRights } from '../legacy/rewrite-rights.ts';
export type { ByteSearch } from '../legacy/rewrite-search.ts';
export { rewriteStorage, type RewriteOptions, type StorageRewrite } from '../legacy/rewrite.ts';
export { rowSinceRecorded, wasPromoted } from '../legacy/rotated.ts';
export { type FingerprintOf, type RowSince, type SeenRow } from '../legacy/row.ts';
export {
  beginRun,
  endRun,
  findRun,
  listRuns,
  type MigrationRun,
  noteRun,
  RUN_COMMANDS,
  type RunCommand,
  type RunCounts,
  type RunEnd,
  type RunFilters,
  unfinishedRuns,
} from '../legacy/runs.ts';
export { type MigrationCounts, migrationCounts, type Scrub, scrubEndpoint } from '../legacy/scrub.ts';
export { askRunToStop, isRunAskedToStop } from '../legacy/stop-run.ts';
export {
  dealWithStorageOutside,
  listStorageOutside,
  OUTSIDE_KINDS,
  type OutsideKind,
  recordStorageRewritten,
  type StorageState,
  storageRewriteState,
} from '../legacy/storage-state.ts';
export { beginFirstSecret, type FirstPlace, leaveFirstPlace } from '../secret-places/first-place.ts';
export { beginMove, endMove, type MoveAnswer, type MoveBegun, noteMoveProved, recordMove, type SecretMove } from '../secret-places/move.ts';
export { countLoginsAt } from '../secret-places/room.ts';
export { type ListedSecret, listUnnamedSecrets, noteUnnamedRemoved, type UnnamedPage, type UnnamedSecret, unnamedSecretsOf } from '../secret-places/unnamed.ts';
