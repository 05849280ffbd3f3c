/**
 * What the books say of logins and tasks, in words for people: one meaning each, whether it is read at a terminal (`rcm`) or in a browser (the console). It reads
 * nothing and changes nothing: rows of libs/db go in, words come out. It must never be told more than an operator may see.
 */
export { CALENDAR_WORDS } from './calendar-words.ts';
export { howMany, howManyLogins, thousands } from './how-many.ts';
export { OUTSIDE } from './outside-words.ts';
export { isWell, type LoginState, loginStateOf, noteOf } from './login-state.ts';
export { nextStepsFor, whyRotatedThen } from './login-words.ts';
export { type ChangedField, fieldLines, nearChanges, portalTypeDiff, type PortalTypeDiff, type RecipeLine } from './portal-type-diff.ts';
export { type TypeAdmission, whyTypeWaits } from './rotation-words.ts';
export { callbackNote, taskNote, whyNotDone } from './task-words.ts';
export { relative } from './times.ts';
export { pausedWhy, stoppedWhy, WHY_WAITS } from './why-waits.ts';
