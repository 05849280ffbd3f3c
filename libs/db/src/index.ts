/**
 * Postgres for everyone else: one function per operation on endpoints, leases, the login ledger, the rotation journal, portal
 * tasks, the queue, the audit trail, the chain from a portal's log to whoever asked, and the migration of legacy credentials. Only this package imports Prisma and pg.
 *
 * Threats: a process that dies on any line; two that run at once; one that believes it still holds what it lost; a row that ends up
 * in a log. So: every operation is one transaction or one statement, is safe to repeat, serialises on the login identity's row, takes
 * its times from Postgres, and passes on a failure without the row or the values it was about.
 * It must never: read `config` outside `legacy/`, put more than ids into a job, keep state in a session.
 */
export { type Adopted, adoptEndpoint, type AdoptEndpoint, type PrintOf, type WantedEndpoint } from './adoption/adopt-endpoint.ts';
export { adoptOrganization, type OrganizationStanding, organizationStanding, type WantedOrganization } from './adoption/adopt-organization.ts';
export { accountOf, type AdoptedRow, listAdopted, type Look, lookAtAdopted } from './adoption/look.ts';
export { letGoAdopted, type LetGo } from './adoption/let-go.ts';
export { LONGEST_CELL, openSource, type Source, type SourceCells, type SourceColumn, type SourceTable } from './adoption/source.ts';
export { type FoundEndpoint, type Standing, standingOf, type WantedPlace } from './adoption/standing.ts';
export { type AuditedEvent, type ChainHead, exportAuditEvents, type ExportOptions, readChainHeads, readEventHashes, readEventsAfter } from './audit/chains.ts';
export {
  AUDIT_CHECK_MS,
  type AuditCheck,
  type AuditCheckEnd,
  type AuditCheckReport,
  type AuditCheckState,
  askAuditCheck,
  endAuditCheck,
  listAuditChecks,
  takeAuditCheck,
} from './audit/checks.ts';
export { type AuditEvent, findBrokenAuditEvent, recordAuditEvent, recordAuditEventForAll } from './audit/record.ts';
export type { Database } from './database.ts';
export { type DatabaseOptions, openDatabase } from './open-database.ts';
export { askAct, askWideAct } from './asked-acts/ask.ts';
export { isSamePerson } from './asked-acts/asked.ts';
export { decideAct, type Decision } from './asked-acts/decide.ts';
export { type ActKind, type AskedResolution, BREAK_GLASS_MINUTES, RESOLUTIONS, SECOND_PERSON_MS, type WideActKind } from './asked-acts/kinds.ts';
export { type AskedAct, type AskedActState, findBreakGlass, listAskedActs, listBreakGlass, listUndecidedActs, listWideActs } from './asked-acts/list.ts';
export { type OpenedGlass, openGlass, type ReadingOnce, stayDue, wasTold } from './asked-acts/open-glass.ts';
export { findTyping, type OpenTyping, typeLogin, type TypingKey, typingKey } from './asked-acts/type-login.ts';
export { sealedForTyping, sealTypedLogin, typedLoginSchema, type TypingOf } from './asked-acts/typed-login.ts';
export {
  endLeftTypings,
  isStillAsked,
  listOpenTypings,
  listWantedTypings,
  MOST_SET_AN_HOUR,
  offerTypingKey,
  takeTyped,
  type Typed,
  type TypingWanted,
} from './asked-acts/typings.ts';
export {
  answerReading,
  askToRead,
  leaveReading,
  MOST_READ_AN_HOUR,
  type ReadingAnswer,
  type ReadingToDo,
  sealedForReading,
  takeReading,
  takeReadingAnswer,
} from './asked-acts/readings.ts';
export { listPortalChanges, type PortalChange, type PortalChangeInFull, type PortalChangeState, showPortalChange } from './portal-changes/list.ts';
export { decidePortalChange, type PortalDecision, proposePortalType } from './portal-changes/propose.ts';
export { keptDays, retentionEnvironment } from './retention/environment.ts';
export { countOld, forgetOld } from './retention/old-rows.ts';
export { OLD_ROWS, type OldRows, RETENTION } from './retention/rules.ts';
export { countThinned, type Thinned, thinLedger } from './retention/thin-ledger.ts';
export { saveApprovedChange } from './portal-changes/save.ts';
export { portalTypeStands } from './portal-changes/stands.ts';
export { type AskedActToDo, endAct, endLeftActs, takeActs } from './asked-acts/take.ts';
export { listPortalLooks, type PortalLook, readPortalPicture } from './portal-looks/list.ts';
export { LOOK_PARTS, type LookFinding, type LookPart, type LookPicture, type NewPortalLook, recordPortalLook } from './portal-looks/record.ts';
export { withdrawAct } from './asked-acts/withdraw.ts';
export { withCa } from './connection.ts';
export {
  type ConsoleRoles,
  type ConsoleSession,
  endSession,
  endSessionsOf,
  findSession,
  lastingSessions,
  openSession,
  type SessionUse,
} from './console/sessions.ts';
export { changedBetween, type Mark, type Marked, type Marks, type MarksAsked, readMarks } from './console/marks.ts';
export { type ConsolePerson, listConsolePeople, type OpenSession, revokeSession } from './console/review.ts';
export { type ConsoleView, forgetView, keepView, listViews, LONGEST_VIEW_NAME, MOST_VIEWS } from './console/views.ts';
export { checkDatabase, databaseEnvironment, readDatabaseConfig, withDatabaseCa } from './environment.ts';
export { type EndpointRow, type NewPortalType, type PortalTypeRow } from './endpoints/endpoint.ts';
export { followStoreVersion } from './endpoints/follow.ts';
export { followSecretMadeAnew } from './endpoints/secret-made-anew.ts';
export { type AccountFollowed, type FollowAccount, followAccount, type LoginName } from './endpoints/follow-account.ts';
export { findEndpoint, findOrganization, getEndpoint, type EndpointPage, getPortalTypeOf, listEndpoints, listEndpointsOf } from './endpoints/read.ts';
export { putOffRotation } from './endpoints/put-off.ts';
export { listRetired, reinstateEndpoint, type RetiredEndpoint, type RetiredPage, retireEndpoint, type Retirement } from './endpoints/retire.ts';
export { noteSecretRemoved, type RemovedSecret } from './endpoints/secret-removed.ts';
export {
  bringRotationForward,
  isDue,
  liesElsewhere,
  listDueEndpoints,
  listSharedIdentities,
  passwordTooYoungUntil,
  setNextRotation,
  type SharedIdentity,
} from './endpoints/schedule.ts';
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
} from './endpoints/search.ts';
export { countSecrets, type SecretCount } from './endpoints/secret-counts.ts';
export { type Automation, automations } from './endpoints/endpoint.ts';
export { type AutomationDecision, decideAutomation } from './endpoints/decide-automation.ts';
export { insertEndpoint, type NewEndpoint, type NewOrganization, type PersonalChange, upsertOrganization, upsertPortalType } from './endpoints/seed.ts';
export { addOrganization, type AddedOrganization } from './fleet/add-organization.ts';
export { answerCodeAsProgram, answerCodeRequest, type Answering, keyOfCodeRequest, listWantedCodes, type WantedCode } from './codes/answer.ts';
export { askForCode, type CodeAnswer, type CodeTurn, endCodeTurn, LONGEST_CODE_WAIT_MS, NOBODY_ANSWERED, takeCode, takeCodeTurn } from './codes/ask.ts';
export { leaveMailboxTurn, type MailboxTurn, takeMailboxTurn } from './codes/mailbox-turn.ts';
export { isCodeOver, type LastingCode, noteLastingCode } from './codes/lasting.ts';
export { answerCodeByMessage, type MessageAnswer, type MessageAnswering, noteMessage, type TurnAtInbox, turnsAtInbox } from './codes/message.ts';
export { type CodeKey, createCodeKey, sealCode } from './codes/seal.ts';
export { cancelTaskOfAny } from './fleet/cancel-task.ts';
export { type Doing, type Span, whoDid } from './fleet/who-did.ts';
export { type AuditPage, type AuditPlace, type AuditQuestion, listAudit, type ListedEvent } from './fleet/list-audit.ts';
export { listLogins, type LoginPage } from './fleet/list-logins.ts';
export { type FleetLogin, type LoginTrouble, troublesOf } from './fleet/login.ts';
export { type HistoryEntry, type HistorySource, type LoginHistory, loginHistory } from './fleet/login-history.ts';
export { type FleetFigures, fleetFigures } from './fleet/figures.ts';
export { COUNTED_AT_MOST, type FleetOverview, fleetOverview } from './fleet/overview.ts';
export { findOrganizationName, listOrganizations, type OrganizationName } from './fleet/organizations.ts';
export { findPortalType, listPortalTypes, type PortalTypeInUse } from './fleet/portal-types.ts';
export { listPortals, type PortalListed, type PortalShown, showPortal } from './fleet/portals-shown.ts';
export { type DueDay, dueByDay, type PortalRotations, portalRotations } from './fleet/rotations.ts';
export { type LoginBudget, type LoginInFull, type Refused, showLogin } from './fleet/show-login.ts';
export { showTask, type TaskInFull } from './fleet/show-task.ts';
export { type LoginFilter, type WalkPlace } from './fleet/walk.ts';
export { LOGIN_ORDERS, type LoginOrder } from './fleet/walk-order.ts';
export { assessPortalTypes, type BreakerCause, type BreakerRules } from './admission/breaker.ts';
export { isPortalIll, type PortalHealth } from './admission/health.ts';
export { type PortalAdmission, listAdmissions } from './admission/list.ts';
export type { AdmissionOutcome } from './admission/outcome.ts';
export { listPauses, type Pause, type PauseScope, pauseRotations, resumeRotations } from './admission/pause.ts';
export { isScheduled, type StartRefusal, type StartRules } from './admission/rules.ts';
export { listStartable, type Startable, type StartableQuestion } from './admission/startable.ts';
export { giveBackStartable, type StartableTaking, takeStartable } from './admission/take-startable.ts';
export { advanceAttempt, blockAttempt, type Resumed, resumeAttempt, type Step, type StepNotes, type Wait, waitAttempt } from './journal/advance.ts';
export { knownVersions } from './journal/known-versions.ts';
export { answerRequest, type LeftRequest, listLeftRequests, noteLookedAt, type RequestAnswer } from './journal/left-requests.ts';
export { type NewRotationRequest, type RequestKind, requestRotation } from './journal/request.ts';
export { type AttemptReason, type AttemptState, JOURNAL_VERSION, type OpenState, type RotationAttempt } from './journal/attempt.ts';
export { listOtherSecrets, type OtherSecret } from './endpoints/other-secrets.ts';
export { listCopiesElsewhere, listCopiesToRemove, mayRemoveCopy, noteCopyRemoved } from './journal/copies.ts';
export { earlierVersions } from './journal/earlier-versions.ts';
export { finishAttempt, promoteAttempt, type RotationCounts, rotationCounts } from './journal/ends.ts';
export { keptLength } from './journal/kept-length.ts';
export { knowsRotation } from './journal/knows.ts';
export { outrunCopy, type OutrunCopy } from './journal/outrun-copy.ts';
export { adoptAttempt, getAttempt, getOpenAttempt, listAttempts, listOpenAttempts, planRotation, type RotationPlan } from './journal/open.ts';
export { beginLook, listBlockedToLookAt, LOOK_AGAIN_MS } from './journal/looks.ts';
export { endLongWait, listLongWaits, type LongWait } from './journal/long-waits.ts';
export { announceSuccessor, type Resolution, resolveAsFound, resolveAsUnchanged, resolveBySuccessor, rotationTo, type Successor } from './journal/resolve.ts';
export { type AttemptEventKind, isOpenState, mayAdvance, mayEnd, nextState, TRANSITIONS } from './journal/transitions.ts';
export { acquireExclusiveLease, acquireSharedLease } from './leases/acquire.ts';
export { type Lease, type LeaseAnswer, type LeaseRefusal, type LeaseRequest } from './leases/lease.ts';
export { type KeyUse, type KnownKey } from './keys/check.ts';
export { forgetLeftPasswords, type KeyRows, keyRows } from './keys/left.ts';
export { type CurrentKeys, listLoginsToMove, type LoginMoved, type LoginToMove, type MoveLogin, moveLogin, type MovePrints, movePrints } from './keys/move.ts';
export { findExclusiveLease, type HeldLease, listLeases, releaseLease, renewLease } from './leases/upkeep.ts';
export { withdrawWriterIntent } from './leases/writer-intent.ts';
export { listWriterIntents, type WriterIntent } from './leases/writer-intents.ts';
export {
  beginLoginAttempt,
  checkLoginAttempt,
  finishLoginAttempt,
  type LoginAttemptEnd,
  type LoginAttemptRequest,
  type LoginEffect,
  type LoginPermission,
  type LoginRefusal,
} from './ledger/attempt.ts';
export { type BackupCodeTaken, type SpendBackupCode, spendBackupCode } from './ledger/backup-code.ts';
export { hasFullBudget, mayBeLocked, remainingBudget } from './ledger/budget.ts';
export { type Clearance, type ClearanceKind, clearLogin } from './ledger/clearance.ts';
export {
  deviceDates,
  type DeviceAct,
  type DeviceDates,
  type DeviceOwner,
  deviceStanding,
  type DeviceStanding,
  forgetDevice,
  noteDevice,
} from './devices/device.ts';
export { type LoginUse, recordKeptSession } from './ledger/login-use.ts';
export { type Fingerprints, forgetPasswords, type PasswordRecord, passwordTries } from './ledger/password.ts';
export { restLogin } from './ledger/rest.ts';
export { type Refusal, restAfter } from './ledger/rests.ts';
export { type PasswordStanding, passwordStanding, type StandingQuestion } from './ledger/standing.ts';
export { migrationByOrganization, type OrganizationMigration } from './legacy/by-organization.ts';
export { type Claimed, type ClaimQuestion, claimLegacy, releaseClaim } from './legacy/claim.ts';
export { type EndpointConfig, gatherCredentials, listConfigs, type PlacesOf, type ScrubElsewhere, scrubElsewhere } from './legacy/configs.ts';
export { type LegacyNamed, type LegacyRead, nameLegacyLogin, readLegacyLogin, tellRowAndStoreDiffer } from './legacy/dual-read.ts';
export { beginFirstSecret, type FirstPlace, leaveFirstPlace } from './secret-places/first-place.ts';
export { beginMove, endMove, type MoveAnswer, type MoveBegun, recordMove, type SecretMove } from './secret-places/move.ts';
export { countLoginsAt } from './secret-places/room.ts';
export { type ListedSecret, listUnnamedSecrets, noteUnnamedRemoved, type UnnamedPage, type UnnamedSecret, unnamedSecretsOf } from './secret-places/unnamed.ts';
export { type LegacyEndpoint, listLegacyEndpoints, type Migrated, recordMigrated } from './legacy/migrate.ts';
export { forgetLeftoverFingerprints, listProofs, type MigrationProof, type NewProof, recordProof } from './legacy/proofs.ts';
export { type LegacyRestore, type RestoreAnswer, restoreLegacyCredentials } from './legacy/restore.ts';
export { countHeldByOldReaders, declareOldReadersGone, hasOldReaders } from './legacy/old-readers.ts';
export { changePace, type PaceQuestion, takeTurn, type Turn } from './legacy/pace.ts';
export { readLegacy, recordResolved, recordResolvedRow, type ResolveAnswer, type ResolvedSecret } from './legacy/resolve.ts';
export { rewriteStorage, type RewriteOptions, type StorageRewrite } from './legacy/rewrite.ts';
export type { ByteSearch } from './legacy/rewrite-search.ts';
export { checkRewriteRights } from './legacy/rewrite-rights.ts';
export { rowSinceRecorded, wasPromoted } from './legacy/rotated.ts';
export { type FingerprintOf, type RowSince, type SeenRow } from './legacy/row.ts';
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
} from './legacy/runs.ts';
export { askRunToStop, isRunAskedToStop } from './legacy/stop-run.ts';
export { type LoginSample, listLoginSample } from './legacy/login-sample.ts';
export { type MigrationCounts, migrationCounts, type Scrub, scrubEndpoint } from './legacy/scrub.ts';
export {
  dealWithStorageOutside,
  listStorageOutside,
  OUTSIDE_KINDS,
  type OutsideKind,
  recordStorageRewritten,
  type StorageState,
  storageRewriteState,
} from './legacy/storage-state.ts';
export { type BackupRun, newestBackupRun, recordBackupRun } from './backups/backup-runs.ts';
export { markManualDue } from './manual/due.ts';
export { claimManualLooks, type ManualChange, recordManualRefusal, recordManualRotation, watchedLogin, type WatchedLogin } from './manual/watch.ts';
export { applyMigrations, type MigrationOptions } from './migrations/apply.ts';
export { recordRestore, type Restore, type RestoreKind } from './restore/restore.ts';
export { checkConfiguration, databaseProblem, type SchemaWords, schemaWords } from './migrations/standing.ts';
export { type MigrationStatus, migrationStatus } from './migrations/status.ts';
export { type RoleLogins, roleLogins } from './roles/logins.ts';
export type { CallbackStanding, ClaimedCallback, EndedTask } from './callbacks/callback.ts';
export { type GivenUpCallback, listGivenUpCallbacks, tellAgain } from './callbacks/given-up.ts';
export { callbackWaits, type CallbackTry, claimNextCallback, endCallbackTry } from './callbacks/outbox.ts';
export { noticeLongWaits } from './notices/long-waits.ts';
export { claimUnusedLogins, type UnusedLogin, wasKeptAlive } from './upkeep/keep-alive.ts';
export { noticeLapsing } from './upkeep/notice-lapsing.ts';
export { notePersonsWord, type PersonsWord } from './upkeep/said.ts';
export { type CalendarEntry, type CalendarKind, listCalendar } from './fleet/calendar.ts';
export { type ClosedHours, closedHours, comingInMonth, comingOnDay, type DayCount, type DayPlace } from './fleet/month.ts';
export { closedHoursOfAll, comingInMonthOfAll, comingOnDayOfAll } from './fleet/month-of-all.ts';
export { noticeUndecided } from './notices/undecided.ts';
export { type Notice, type NoticeKind } from './notices/notice.ts';
export { type ClaimedNotice, type ClaimOptions, claimNotices, listNotices, noticeDelivered, noticeFailed, noticesReturned } from './notices/outbox.ts';
export { pruneNotices } from './notices/prune.ts';
export { channelFigures, type ChannelFigures, type Delivery, listTold, type NoticePlace, NOTICES_COUNTED, type ToldNotice } from './notices/told.ts';
export { type CredentialChange, listenForCredentialChanges, type ListenOptions } from './notifications.ts';
export { type CurrentVersion, listCurrentVersions } from './notifications-missed.ts';
export { type AppRole } from './roles/app-role.ts';
export { type AppLogin, ensureAppLogin } from './roles/login.ts';
export { type Scope } from './scope.ts';
export { createOneTimeKey, type OneTimeKey, type SealedFor, sealOnce } from './sealing/one-time-key.ts';
export { alsoOpening, type KeyFile, keyFileWrapping } from './sealing/key-file.ts';
export { type DataKeyCount, dataKeyCounts, moveDataKeys, type NotMoved } from './sealing/move.ts';
export { type DataKeyOwner, type DataKeyRewrapping, type DataKeyWrapping, type WrappedDataKey } from './sealing/wrapping.ts';
export {
  type Claim,
  claimNextPortalTask,
  claimPortalTask,
  finishPortalTask,
  getPortalTask,
  portalTaskWaits,
  renewTaskClaim,
  type TaskCounts,
  taskCounts,
  type TaskEnd,
} from './tasks/claim.ts';
export { cancelPortalTask, type Cancellation } from './tasks/cancel.ts';
export { auditPlaces, cursorOf, dayPlaces, loginPlaces, noticePlaces, placeIn, placeOf, taskPlaces, unnamedPlaces } from './places.ts';
export { type ListedTask, listPortalTasks, TASK_STATES, type TaskFilter, type TaskListPlace, type TaskPage } from './tasks/list.ts';
export { serverTime } from './server-time.ts';
export { type TaskQueueFigures, taskQueueFigures } from './tasks/queue-figures.ts';
export { createPortalTask, type NewPortalTask, type Requeue, requeuePortalTask, type TaskPlace } from './tasks/queue.ts';
export { readPortalTask, type TaskReader } from './tasks/read.ts';
export { actorOf, type Requester } from './tasks/requester.ts';
export { type PlainTasks, sealPlainTasks } from './tasks/plain.ts';
export { haveTaskKey } from './tasks/sealed.ts';
export { type ClaimedTask, type PortalTask, type TaskState } from './tasks/task.ts';
export { type Tidied, type TidyOptions, tidyPortalTasks } from './tasks/tidy.ts';
export { portalPlaces } from './trace/places.ts';
export type { LogLine } from './trace/anchors.ts';
export { type Trace, type TraceQuestion, traceLogins } from './trace/trace.ts';
export type { TracedEvent, TracedRequest, TracedUse } from './trace/traced.ts';
export { reserveTotpStep, type TotpReservation } from './totp.ts';
