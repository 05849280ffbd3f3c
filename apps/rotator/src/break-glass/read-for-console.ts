import { answerReading, MOST_READ_AN_HOUR, type ReadingToDo, sealedForReading, takeReading } from '@rcm/db/acts';
import { sealOnce } from '@rcm/db/sealing';
import { isRcmError, RcmError } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';
import type { Delivering } from '../services.ts';
import { fieldsToShow } from './fields.ts';
import { type Glass, spendGlass } from './spend.ts';

/**
 * One round: reads what the console asks for in a person's name, and seals it for the process that asked. The same request, order and books as at a terminal; whatever fails before it is handed over, the page is
 * told why and shows nothing. A console that was taken over could approve what it asks for itself: so many an hour are read, and no more.
 */
export async function readForConsole(
  opened: Delivering,
  config: RotatorConfig,
  { signal, intake }: { readonly signal: AbortSignal; readonly intake: AbortSignal },
): Promise<void> {
  const { db, logger } = opened.rotator;
  while (!intake.aborted) {
    const reading = await takeReading(db);
    if (!reading) return;
    try {
      await read(opened, config, { reading, signal });
    } catch (error) {
      const isOut = isRcmError(error) && error.details.handedOver === true;
      logger.warn(
        { err: error, orgId: reading.orgId, requestId: reading.requestId },
        `a password that a person asked to read was ${isOut ? 'handed over, and its end could not be noted' : 'not shown'}`,
      );
      const { code, words } = isRcmError(error)
        ? { code: error.code, words: error.message }
        : { code: 'unexpected', words: 'An unexpected error; the rotator’s log has it. Nothing was shown.' };
      // What was handed over stands: the first answer does.
      await answerReading(db, { ...reading, kind: 'refused', code, words });
    }
  }
}

async function read(
  opened: Delivering,
  config: RotatorConfig,
  { reading, signal }: { readonly reading: ReadingToDo; readonly signal: AbortSignal },
): Promise<void> {
  const { requestId, actor, publicKey, readBefore } = reading;
  if (readBefore >= MOST_READ_AN_HOUR)
    throw new RcmError(
      'state_conflict',
      `${MOST_READ_AN_HOUR} passwords were read within the hour: the console shows no more until it is over; a terminal does. Nothing was shown.`,
    );
  await spendGlass(opened, { requestId, actor, config, waits: publicKey, signal }, async (glass, handsOver) => {
    const code = glass.code ? (await glass.code()).reveal() : null;
    const shown = glass.payload.map((payload) => JSON.stringify({ ...about(glass), fields: fieldsToShow(payload, code) }));
    const sealed = sealOnce(publicKey, sealedForReading(requestId), shown);
    // Where the answer of the database is lost, the console may have it all the same.
    handsOver();
    await answerReading(opened.db, { ...reading, kind: 'sealed', sealed });
    return 'Sealed for the console that asked; its log says whether it was sent to a page.';
  });
}

const about = ({ endpoint, asked, until, rotation }: Glass) => ({
  login: endpoint.id,
  portal: endpoint.portalTypeCode,
  address: endpoint.baseUrl,
  reason: asked.reason,
  approvedBy: asked.decidedBy,
  until: until.toISOString(),
  rotation,
});
