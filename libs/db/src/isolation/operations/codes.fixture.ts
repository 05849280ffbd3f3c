import { randomUUID } from 'node:crypto';
import { answerCodeAsProgram, keyOfCodeRequest, listWantedCodes } from '../../codes/answer.ts';
import { askForCode, endCodeTurn, takeCode, takeCodeTurn } from '../../codes/ask.ts';
import { isCodeOver, noteLastingCode } from '../../codes/lasting.ts';
import { answerCodeByMessage } from '../../codes/message.ts';
import { spendBackupCode } from '../../ledger/backup-code.ts';
import { printOf, REQUESTER } from '../../testing.fixture.ts';
import { reserveTotpStep } from '../../totp.ts';
import { PRINTS, type Operations } from './named.fixture.ts';

/** Operations on one-time codes. */
export const CODES: Operations = {
  reserveTotpStep: (t, n) => reserveTotpStep(t.agent, { ...n, periodSeconds: 30, skew: 1 }),
  spendBackupCode: (t, n) => spendBackupCode(t.agent, { ...n, codes: [PRINTS] }),
  takeCodeTurn: (t, n) => takeCodeTurn(t.agent, { ...n, publicKey: Buffer.alloc(294), forMs: 60_000 }),
  askForCode: (t, n) => askForCode(t.agent, { ...n, requestId: n.codeRequestId }, 60_000),
  takeCode: (t, n) => takeCode(t.agent, { ...n, requestId: n.codeRequestId }),
  endCodeTurn: (t, n) => endCodeTurn(t.agent, { ...n, requestId: n.codeRequestId }),
  listWantedCodes: (t, n) => listWantedCodes(t.agent, { orgId: n.orgId, limit: 10 }).then((wanted) => wanted.filter(({ id }) => id === n.codeRequestId)),
  keyOfCodeRequest: (t, n) => keyOfCodeRequest(t.agent, n.codeRequestId, { tenant: n.orgId }),
  answerCodeByMessage: (t, n) =>
    answerCodeByMessage(t.agent, {
      ...{ ...n, requestId: n.codeRequestId, sealed: Buffer.alloc(256), gateway: 'twilio', sentAt: null, prints: PRINTS },
      code: { codePrints: [printOf('code')], ownPrints: [] },
    }),
  'answerCodeByMessage with a code that lasts': (t, n) =>
    answerCodeByMessage(t.agent, {
      ...{ ...n, requestId: n.codeRequestId, sealed: Buffer.alloc(256), gateway: 'twilio', sentAt: null, prints: [printOf(randomUUID())] },
      code: { codePrints: [printOf('lasting')], ownPrints: [printOf('own')] },
    }),
  noteLastingCode: (t, n) => noteLastingCode(t.agent, { ...n, codePrints: [printOf('lasting')], ownPrints: [printOf('own')], goodMs: 60_000 }),
  isCodeOver: (t, n) => isCodeOver(t.agent, { ...n, since: new Date(0) }),
  answerCodeAsProgram: (t, n) => answerCodeAsProgram(t.agent, { ...n, requestId: n.codeRequestId, sealed: Buffer.alloc(256), token: REQUESTER }),
};
