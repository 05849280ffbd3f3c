/**
 * Logs in, changes passwords and does tasks at payer portals, in a real browser, as a recipe says. Threats: a password that
 * reaches another origin than the portal's, or a log, a trace, an error; an attempt that was made but is reported as not
 * made; a guess about what the portal meant. It knows nothing of the database or of the secret stores, decides nothing about
 * whether an attempt may be made, and must never retry a submit, never turn an unclear answer into a clear one, and never
 * put page text or a typed value into anything it returns; evidence, which a policy must ask for, is masked first.
 */
export { findChromium, type FindChromiumOptions } from './chromium.ts';
export type {
  ChangeOptions,
  ConfirmGuard,
  DeviceRules,
  LoginOptions,
  PortalCredential,
  PortalDriver,
  PortalSession,
  StepOptions,
  TaskOptions,
} from './driver.ts';
export type { Evidence, EvidencePolicy, NoPicture } from './evidence/evidence.ts';
export { type Inspection, inspectPortal } from './inspection/inspect-portal.ts';
export type { PageFinding, PagePicture } from './inspection/page-finding.ts';
export { checkedTask } from './interpreter/task-input.ts';
export { createRecipeDriver, type RecipeDriverOptions } from './recipe-driver.ts';
export { addressSort, type AddressSort, type HostAddress, hostAddresses } from './network/address.ts';
export { type DeclaredHost, declaredHosts, hostOf, hostProblem } from './network/declared-host.ts';
export { type GuardedContext, type GuardedContextOptions, openGuardedContext } from './network/guarded-context.ts';
export type { FoundAddress, LookupAddresses } from './network/session-addresses.ts';
export type { ContractName } from './contract/contracts.ts';
export {
  TASK_DOUBTS,
  type ChangeOutcome,
  type ConfirmEnd,
  type ConfirmResult,
  type ContractRow,
  type KnownDevice,
  type LoginOutcome,
  type LoginOutcomeKind,
  type LoginResult,
  type TaskDoubt,
  type TaskFile,
  type TaskOutcome,
  type TaskRow,
  type TaskValue,
} from './outcome.ts';
export { type BrowserPool, createBrowserPool, type PooledContext } from './pool/browser-pool.ts';
export type { BrowserPoolOptions } from './pool/pool-options.ts';
export { type CodeLife, endOfCode } from './recipe/code-life.ts';
export { fitsPattern } from './recipe/input-pattern.ts';
export { readRecipeFile } from './recipe/files.ts';
export { lintRecipe, type RecipeLint, type RecipeProblem } from './recipe/lint.ts';
export { parseRecipe, recipeHash } from './recipe/parse.ts';
export { type Recipe, recipeHosts } from './recipe/recipe.ts';
export { codeIn, type SentCodes, sentCodesSchema, type SentMessage } from './recipe/sent-codes.ts';
export { type JsonSchema, taskInterface, type TaskInterface } from './recipe/task-schema.ts';
export { upgradeRecipe, type UpgradedRecipe } from './recipe/upgrade.ts';
export { createSecretMask, type SecretMask } from './secret-mask.ts';
export type { BlockedRequest, StepTrace } from './trace.ts';
export { isUsableSeed, totpCode, type TotpOptions } from './totp.ts';
