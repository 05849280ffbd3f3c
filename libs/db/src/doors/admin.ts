/** What an operator does to the database itself: its schema, roles, keys, portal types, organizations, retired logins, backups and old rows. */
export { type BackupRun, newestBackupRun, recordBackupRun } from '../backups/backup-runs.ts';
export { type AutomationDecision, decideAutomation } from '../endpoints/decide-automation.ts';
export { listRetired, reinstateEndpoint, type RetiredEndpoint, type RetiredPage, retireEndpoint, type Retirement } from '../endpoints/retire.ts';
export { countSecrets, type SecretCount } from '../endpoints/secret-counts.ts';
export { noteSecretRemoved, type RemovedSecret } from '../endpoints/secret-removed.ts';
export { insertEndpoint, type NewEndpoint, type NewOrganization, type PersonalChange, upsertOrganization, upsertPortalType } from '../endpoints/seed.ts';
export { type KeyUse, type KnownKey } from '../keys/check.ts';
export { forgetLeftPasswords, type KeyRows, keyRows } from '../keys/left.ts';
export { type CurrentKeys, listLoginsToMove, type LoginMoved, type LoginToMove, type MoveLogin, moveLogin, type MovePrints, movePrints } from '../keys/move.ts';
export { applyMigrations, type MigrationOptions } from '../migrations/apply.ts';
export { type MigrationStatus, migrationStatus } from '../migrations/status.ts';
export { recordRestore, type Restore, type RestoreKind } from '../restore/restore.ts';
export { keptDays, retentionEnvironment } from '../retention/environment.ts';
export { countOld, forgetOld } from '../retention/old-rows.ts';
export { OLD_ROWS, type OldRows, RETENTION } from '../retention/rules.ts';
export { countThinned, type Thinned, thinLedger } from '../retention/thin-ledger.ts';
export { type AppLogin, ensureAppLogin } from '../roles/login.ts';
export { type RoleLogins, roleLogins } from '../roles/logins.ts';
