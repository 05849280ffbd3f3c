/** One-time codes that somebody else has: asked for by a login that waits, answered by a person, a program or a message. */
export { answerCodeAsProgram, answerCodeRequest, type Answering, keyOfCodeRequest, listWantedCodes, type WantedCode } from '../codes/answer.ts';
export { askForCode, type CodeAnswer, type CodeTurn, endCodeTurn, LONGEST_CODE_WAIT_MS, NOBODY_ANSWERED, takeCode, takeCodeTurn } from '../codes/ask.ts';
export { isCodeOver, type LastingCode, noteLastingCode } from '../codes/lasting.ts';
export { leaveMailboxTurn, type MailboxTurn, takeMailboxTurn } from '../codes/mailbox-turn.ts';
export { answerCodeByMessage, type MessageAnswer, type MessageAnswering, noteMessage, type TurnAtInbox, turnsAtInbox } from '../codes/message.ts';
export { type CodeKey, createCodeKey, sealCode } from '../codes/seal.ts';
