import { codeInboxes, codePrints, type IdentityKeys, messagePrints, ownCodePrints } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { answerCodeByMessage, noteMessage, sealCode, type TurnAtInbox, turnsAtInbox } from '@rcm/db/codes';
import { codeIn, sentCodesSchema } from '@rcm/portal-drivers';
import { Secret } from '@rcm/telemetry';
import type { InboundMessage } from './gateway.ts';

/** What became of a message. */
export type GivenEnd =
  /** One login has its code. */
  | 'answered'
  /** No login whose turn it is is sent such messages there, or it came too late, or when another answer was there. */
  | 'nobody'
  /** It may be of several logins: none has it. */
  | 'several'
  /** The message, or its code, was taken before. */
  | 'repeated'
  /** Its login has not asked yet; nothing was written down, so that it may be sent again. */
  | 'early';

export interface Given {
  readonly end: GivenEnd;
  /** Whose it was. */
  readonly login?: Pick<TurnAtInbox, 'orgId' | 'endpointId' | 'requestId'>;
}

export interface GiveDependencies {
  readonly db: Database;
  readonly keys: IdentityKeys;
}

interface Match {
  readonly turn: TurnAtInbox;
  readonly code: string;
  /** Whether it is good for the login that it was sent for, or for longer. */
  readonly isFor: 'one login' | 'longer';
}

const HOUR_MS = 3_600_000;
const LONGEST_MS = 400 * 24 * HOUR_MS;
/**
 * For how long a message that nobody waits for is remembered, by the gateways that do not hand it on again later: a mail is read for an hour, and whoever signs by Standard Webhooks tries again for three days at the most. Anybody
 * may send one, so that it is not for longer. Whoever signs no time could hand it on at any time.
 */
const NOBODYS_MS: ReadonlyMap<string, number> = new Map([
  ['signed', 96 * HOUR_MS],
  // Older ones are refused.
  ['sns', HOUR_MS],
  ['mailbox', 6 * HOUR_MS],
]);

/**
 * Gives the code of a message to the one login whose turn it is at that inbox, and whose portal says that such a message is its own. Where there is none, or where there are several, of
 * whatever organizations, nobody has it: a code is never typed into another login. Of the message nothing is kept but keyed fingerprints.
 */
export async function giveCode({ db, keys }: GiveDependencies, gateway: string, message: InboundMessage): Promise<Given> {
  const prints = messagePrints(keys, { gateway, id: message.id });
  const matches = (await turnsAtInbox(db, codeInboxes(keys, message.to))).flatMap((turn) => matchOf(turn, message));
  const [match] = matches;
  if (!match || matches.length > 1) {
    const isNew = await noteMessage(db, { prints, keptMs: NOBODYS_MS.get(gateway) ?? LONGEST_MS });
    return { end: isNew ? (match ? 'several' : 'nobody') : 'repeated' };
  }
  const { turn, code, isFor } = match;
  if (!turn.hasAsked) return { end: 'early' };
  const { requestId, orgId, endpointId } = turn;
  const { to: address } = message;
  const answer = await answerCodeByMessage(db, {
    ...{ orgId, requestId, gateway, sentAt: message.sentAt, prints },
    sealed: sealCode(turn.publicKey, requestId, new Secret(code)),
    code: {
      codePrints: codePrints(keys, { address, code }),
      ownPrints: isFor === 'one login' ? [] : ownCodePrints(keys, { address, code, orgId, endpointId }),
    },
  });
  if (answer === 'repeated') return { end: 'repeated' };
  return answer === 'answered' ? { end: 'answered', login: turn } : { end: 'nobody' };
}

/** A recipe that says nothing of its messages, or something that this version does not know, has none. */
function matchOf(turn: TurnAtInbox, message: InboundMessage): readonly Match[] {
  const words = sentCodesSchema.safeParse(turn.words);
  const code = words.success ? codeIn(words.data, message) : null;
  return code === null ? [] : [{ turn, code, isFor: words.data?.valid ? 'longer' : 'one login' }];
}
