/** The journal of rotations, what lets one begin (admission), which logins are due, and whatever else a rotator does of its own accord. */
export { assessPortalTypes, type BreakerCause, type BreakerRules } from '../admission/breaker.ts';
export { type PortalHealth, refusesOthers } from '../admission/health.ts';
export { type PortalAdmission, listAdmissions } from '../admission/list.ts';
export type { AdmissionOutcome } from '../admission/outcome.ts';
export { listPauses, type Pause, type PauseScope, pauseRotations, type ResumedRotations, resumeRotations } from '../admission/pause.ts';
export { isScheduled, type StartRefusal, type StartRules } from '../admission/rules.ts';
export { listStartable, type Startable, type StartableQuestion } from '../admission/startable.ts';
export { giveBackStartable, type StartableTaking, takeStartable } from '../admission/take-startable.ts';
export { type AccountFollowed, type FollowAccount, followAccount, type LoginName } from '../endpoints/follow-account.ts';
export { followStoreVersion } from '../endpoints/follow.ts';
export { listOtherSecrets, type OtherSecret } from '../endpoints/other-secrets.ts';
export { putOffRotation } from '../endpoints/put-off.ts';
export {
  bringRotationForward,
  isDue,
  liesElsewhere,
  listDueEndpoints,
  listSharedIdentities,
  passwordTooYoungUntil,
  setNextRotation,
  type SharedIdentity,
} from '../endpoints/schedule.ts';
export {
  countRefusedLogins,
  listWantedSearches,
  noteSearched,
  postponeSearch,
  type SearchStart,
  startSearch,
  tellFound,
  tellLeftBehind,
  type WantedSearch,
  wantCredentialSearch,
  wantSearchIfOutdated,
} from '../endpoints/search.ts';
export { followSecretMadeAnew } from '../endpoints/secret-made-anew.ts';
export { advanceAttempt, blockAttempt, type Resumed, resumeAttempt, type Step, type StepNotes, type Wait, waitAttempt } from '../journal/advance.ts';
export { type AttemptReason, type AttemptState, JOURNAL_VERSION, type OpenState, type RotationAttempt } from '../journal/attempt.ts';
export { listCopiesElsewhere, listCopiesToRemove, mayRemoveCopy, noteCopyBack, noteCopyRemoved } from '../journal/copies.ts';
export { earlierVersions } from '../journal/earlier-versions.ts';
export { finishAttempt, promoteAttempt, type RotationCounts, rotationCounts } from '../journal/ends.ts';
export { keptLength } from '../journal/kept-length.ts';
export { knownVersions } from '../journal/known-versions.ts';
export { knowsRotation } from '../journal/knows.ts';
export { answerRequest, type LeftRequest, listLeftRequests, type LookedAt, noteLookedAt, type RequestAnswer } from '../journal/left-requests.ts';
export { endLongWait, listLongWaits, type LongWait } from '../journal/long-waits.ts';
export { beginLook, listBlockedToLookAt, LOOK_AGAIN_MS } from '../journal/looks.ts';
export type { OpenRotation } from '../journal/open-rotation.ts';
export {
  adoptAttempt,
  findOpenRotation,
  getAttempt,
  getOpenAttempt,
  listAttempts,
  listOpenAttempts,
  planRotation,
  type RotationPlan,
} from '../journal/open.ts';
export { outrunCopy, type OutrunCopy, promotedSince } from '../journal/outrun-copy.ts';
export { BEHIND_MS, wasReplaced } from '../journal/replaced-version.ts';
export { type NewRotationRequest, type RequestKind, requestRotation } from '../journal/request.ts';
export { announceSuccessor, type Resolution, resolveAsFound, resolveAsUnchanged, resolveBySuccessor, rotationTo, type Successor } from '../journal/resolve.ts';
export { type AttemptEventKind, isOpenState, mayAdvance, mayEnd, nextState, TRANSITIONS } from '../journal/transitions.ts';
export { markManualDue } from '../manual/due.ts';
export {
  claimManualLooks,
  type ManualChange,
  noteManualVersion,
  recordManualRefusal,
  recordManualRotation,
  watchedLogin,
  type WatchedLogin,
} from '../manual/watch.ts';
export { claimUnusedLogins, type UnusedLogin, wasKeptAlive } from '../upkeep/keep-alive.ts';
export { notifyOfLapsing } from '../upkeep/notify-of-lapsing.ts';
export { notePersonsWord, type PersonsWord } from '../upkeep/said.ts';
