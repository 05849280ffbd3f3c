/**
 * The rotator for tools that run it in another way than `rotator run`: crash matrix, soak, benchmark. What rotates is what the
 * process rotates with; a tool only chooses which login, and when to die. Nothing here may loosen a rule of the machine.
 */
export { parseArguments } from './cli.ts';
export { type RotatorConfig, readRotatorConfig } from './config.ts';
export { type Examined, examineRotator } from './examine.ts';
export { type JournalWatch, type JournalWrite } from './machine/journal.ts';
export { rotateLogin, type RotationReport, type RotationRequest } from './rotate.ts';
export type { Rotator } from './rotator.ts';
export { rotateAndReport, type RotationOutcome, type RotationResult } from './schedule/rotation-outcome.ts';
export { removeOldCopies } from './acts/remove-old-copies.ts';
export { type ClearOptions, retryCommand, unlockedCommand } from './commands/clear-login.ts';
export type { CommandContext } from './commands/command.ts';
export { resolveCommand } from './commands/resolve.ts';
export type { ResolveOptions } from './commands/resolve-options.ts';
export { rollbackCommand } from './commands/rollback.ts';
export { lastAnswer } from './commands/last-answer.ts';
export { readTypedPassword } from './commands/typed-password.ts';
export { verifyLogin } from './commands/verify-login.ts';
export { lookAtBlocked } from './mending/look-at-blocked.ts';
export { longWaitLooks } from './mending/look-at-long-waits.ts';
export { mendWanted } from './mending/mend-wanted.ts';
export { stopFailingPortalTypes } from './schedule/failing-portal-types.ts';
export { portalTypeFromDocument, readPortalTypeFile } from './portal-type-file.ts';
export { startService } from './schedule/service.ts';
export { openRotator, type RotatorProcess } from './services.ts';
