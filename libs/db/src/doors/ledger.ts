/** What became of every login attempt, of every password that was tried, and of the devices that portals remember. The guarded login writes it; rotators and people read it. */
export {
  deviceDates,
  type DeviceAct,
  type DeviceDates,
  type DeviceOwner,
  deviceValidity,
  type DeviceValidity,
  forgetDevice,
  noteDevice,
} from '../devices/device.ts';
export {
  beginLoginAttempt,
  checkLoginAttempt,
  finishLoginAttempt,
  type LoginAttemptEnd,
  type LoginAttemptRequest,
  type LoginEffect,
  type LoginPermission,
  type LoginRefusal,
  typedVersion,
} from '../ledger/attempt.ts';
export { type BackupCodeTaken, type SpendBackupCode, spendBackupCode } from '../ledger/backup-code.ts';
export { hasFullBudget, mayBeLocked, remainingBudget } from '../ledger/budget.ts';
export { type Clearance, clearLogin } from '../ledger/clearance.ts';
export { type LoginUse, recordKeptSession } from '../ledger/login-use.ts';
export { acceptedAnother } from '../ledger/accepted-since.ts';
export { changeWasRefused, type Fingerprints, forgetPasswords, type PasswordRecord, passwordTries } from '../ledger/password.ts';
export { coolDownLogin } from '../ledger/cool-down.ts';
export { coolDownAfter, type Refusal } from '../ledger/cool-down-after.ts';
export { type PasswordState, passwordState, type PasswordStateQuestion } from '../ledger/password-state.ts';
export { reserveTotpStep, type TotpReservation } from '../totp.ts';
