/** Acts that a person asks for by a row and a process does, with the second person whom some need; sessions and views of the console. */
export { askAct, askWideAct } from '../asked-acts/ask.ts';
export { isSamePerson } from '../asked-acts/asked.ts';
export { decideAct, type Decision } from '../asked-acts/decide.ts';
export { type ActKind, type AskedResolution, BREAK_GLASS_MINUTES, RESOLUTIONS, SECOND_PERSON_MS, type WideActKind } from '../asked-acts/kinds.ts';
export {
  type AskedAct,
  type AskedActState,
  findAskedAct,
  findBreakGlass,
  listAskedActs,
  listBreakGlass,
  listUndecidedActs,
  listWideActs,
} from '../asked-acts/list.ts';
export { type OpenedGlass, openGlass, type ReadingOnce, stayDue, wasTold } from '../asked-acts/open-glass.ts';
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
} from '../asked-acts/readings.ts';
export { isStillAsked } from '../asked-acts/still-asked.ts';
export { type AskedActToDo, endAct, endLeftActs, takeActs } from '../asked-acts/take.ts';
export { findTyping, type OpenTyping, typeLogin, type TypingKey, typingKey } from '../asked-acts/type-login.ts';
export { sealedForTyping, sealTypedLogin, typedLoginSchema, type TypingOf } from '../asked-acts/typed-login.ts';
export {
  endLeftTypings,
  listOpenTypings,
  listWantedTypings,
  MOST_SET_AN_HOUR,
  offerTypingKey,
  takeTyped,
  type Typed,
  type TypingWanted,
} from '../asked-acts/typings.ts';
export { withdrawAct } from '../asked-acts/withdraw.ts';
export { changedBetween, type Mark, type Marked, type Marks, type MarksAsked, readMarks } from '../console/marks.ts';
export { type ConsolePerson, listConsolePeople, type OpenSession, revokeSession } from '../console/review.ts';
export {
  type ConsoleRoles,
  type ConsoleSession,
  endSession,
  endSessionsOf,
  findSession,
  lastingSessions,
  loseRoles,
  openSession,
  type SessionUse,
} from '../console/sessions.ts';
export { type ConsoleView, forgetView, keepView, listViews, LONGEST_VIEW_NAME, MOST_VIEWS } from '../console/views.ts';
export { listPortalChanges, type PortalChange, type PortalChangeInFull, type PortalChangeState, showPortalChange } from '../portal-changes/list.ts';
export { decidePortalChange, type PortalDecision, proposePortalType } from '../portal-changes/propose.ts';
export { saveApprovedChange } from '../portal-changes/save.ts';
export { portalTypeStands } from '../portal-changes/stands.ts';
export { listPortalLooks, type PortalLook, readPortalPicture } from '../portal-looks/list.ts';
export { LOOK_PARTS, type LookFinding, type LookPart, type LookPicture, type NewPortalLook, recordPortalLook } from '../portal-looks/record.ts';
