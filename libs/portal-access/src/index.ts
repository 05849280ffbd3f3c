/**
 * The one way into a portal, for agents and for the rotator: lease, then ledger, then credential, then driver, then outcome.
 * Threats: an account locked by too many tries, a password tried twice that is known to be bad, a stale password used during a
 * rotation, one tenant's login used for another. Nobody else calls a driver's `login`.
 */
export { accountOf, goesBy, type LoginAccount } from './account.ts';
export { type AgentVisit, type VisitResult, withAgentSession } from './agent-session.ts';
export type { AgentAccess } from './agent-access.ts';
export type { LegacyReading } from './legacy-reading.ts';
export { migratedEndpoint } from './stored-credential.ts';
export type { MigratedEndpoint } from './migrated-endpoint.ts';
export { type DriverUser, Drivers } from './drivers.ts';
export { checkBrowser, leaseTiming, loginTiming, portalEnvironment } from './environment.ts';
export { followCredentialChanges, type FollowOptions } from './follow-credentials.ts';
export type { CurrentPassword, LedgerRefusal } from './current-password.ts';
export { type GuardedChange, guardedChange, type GuardedChangeRequest, noteUnmadeChange } from './guarded-change.ts';
export { type GuardedConfirm, guardedConfirm, type GuardedConfirmRequest } from './guarded-confirm.ts';
export { guardedLogin } from './guarded-login.ts';
export { mayLeave } from './may-leave.ts';
export { loginError } from './login-error.ts';
export type { GuardedLogin, GuardedResult, LoginTiming, NotAccepted } from './login-request.ts';
export { automationRefusal } from './permission.ts';
export { KeptCodes, type KeptCodesOptions } from './kept-codes.ts';
export type { CodeEnd } from './lasting-code.ts';
export { type LoginDevice, loginDevice, type LoginDeviceOptions } from './login-device.ts';
export { isProof, judge, type JudgedPassword, type Judgement } from './judgement.ts';
export { openPortalProcess, type PortalProcess, type PortalProcessOptions } from './portal-process.ts';
export { type CodeRequest, codeSource, type LoginCodes, loginCodes, mayAskPerson } from './one-time-code.ts';
export { portalCredential } from './portal-credential.ts';
export { afterRestoreMs } from './restored.ts';
export { SessionCache, type SessionCacheOptions } from './session-cache.ts';
