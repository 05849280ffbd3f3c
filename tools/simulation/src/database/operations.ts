/** The operations of libs/db that the rotation, the guarded login and people's commands use, each on the model, under its own name. */
export { recordAuditEvent, recordKeptSession } from './audit.ts';
export { earlierVersions, listCopiesElsewhere, listCopiesToRemove, listOtherSecrets, mayRemoveCopy, noteCopyRemoved, knownVersions } from './copies.ts';
export { assessPortalTypes, pauseRotations, resumeRotations } from './admission.ts';
export { endLongWait, listAttempts, listLongWaits, listOpenAttempts } from './attempt-lists.ts';
export { findOpenRotation, getAttempt, getOpenAttempt, keptLength, knowsRotation, outrunCopy, wasReplaced } from './attempts.ts';
export { adoptAttempt, advanceAttempt, blockAttempt, finishAttempt, promoteAttempt, resumeAttempt, waitAttempt } from './journal.ts';
export { planRotation } from './plan-rotation.ts';
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
export { changeWasRefused, forgetPasswords, passwordState, passwordTries, refusesOthers } from './passwords.ts';
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
  passwordTooYoungUntil,
  putOffRotation,
  setNextRotation,
  tellFound,
  tellLeftBehind,
} from './schedule.ts';
export { listWantedSearches, noteSearched, postponeSearch, startSearch, wantCredentialSearch, wantSearchIfOutdated } from './searches.ts';
