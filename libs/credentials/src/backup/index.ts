/**
 * Backups of what stores hold: for the day on which a store, its key or its account is gone. A file of one organization, sealed to people's keys that
 * lie nowhere here. Threats: a file that its maker could read again, one that somebody else made, one that was changed or cut off, a plaintext beside it.
 */
export type { BackedUpCopy, BackedUpLogin, BackupEnd, BackupHead, BackupOrigin } from './backup.ts';
export { generateAgeIdentity } from './age-identity.ts';
export { openBackup, type OpenedBackup, type OpenOptions } from './open-backup.ts';
export { checkRecipients, isRecipient, sealBackup, type SealOptions } from './seal-backup.ts';
