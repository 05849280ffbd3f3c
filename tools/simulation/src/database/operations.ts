/** The operations of libs/db that the rotation, the guarded login and people's commands use, each on the model, under its own name. */
export { recordAuditEvent, recordKeptSession } from './audit.ts';
export { earlierVersions, listCopiesElsewhere, listCopiesToRemove, listOtherSecrets, mayRemoveCopy, noteCopyRemoved, knownVersions } from './copies.ts';
export { assessPortalTypes, pauseRotations, resumeRotations } from './admission.ts';
export {
  adoptAttempt,
  advanceAttempt,
  blockAttempt,
  endLongWait,
  finishAttempt,
  getAttempt,
  getOpenAttempt,
  keptLength,
  knowsRotation,
  listAttempts,
  listLongWaits,
  listOpenAttempts,
  outrunCopy,
  planRotation,
  promoteAttempt,
  resumeAttempt,
  waitAttempt,
} from './journal.ts';
export { acquireExclusiveLease, acquireSharedLease, releaseLease, renewLease, withdrawWriterIntent } from './leases.ts';
export {
  beginLoginAttempt,
  checkLoginAttempt,
  clearLogin,
  finishLoginAttempt,
  mayBeLocked,
  remainingBudget,
  reserveTotpStep,
  coolDownLogin,
  serverTime,
} from './ledger.ts';
export { forgetPasswords, isPortalIll, passwordState, passwordTries } from './passwords.ts';
export { announceSuccessor, beginLook, listBlockedToLookAt, resolveAsFound, resolveAsUnchanged, resolveBySuccessor, rotationTo } from './resolve.ts';
export { answerRequest, requestRotation } from './requests.ts';
export {
  bringRotationForward,
  findEndpoint,
  findOrganization,
  followAccount,
  followStoreVersion,
  getEndpoint,
  hasOldReaders,
  isDue,
  liesElsewhere,
  listDueEndpoints,
  listStartable,
  listWantedSearches,
  noteSearched,
  passwordTooYoungUntil,
  postponeSearch,
  putOffRotation,
  setNextRotation,
  startSearch,
  tellFound,
  tellLeftBehind,
  wantCredentialSearch,
  wantSearchIfOutdated,
} from './schedule.ts';
