import type { Database, EndpointRow } from '@rcm/db';
import { askForCode, type CodeAnswer, type CodeKey, type CodeTurn, createCodeKey, endCodeTurn, takeCode, takeCodeTurn } from '@rcm/db/codes';
import { type Clock, type Logger, type Metrics, RcmError, type Secret } from '@rcm/telemetry';
import type { PersonPlaces } from './person-places.ts';

/** Why a login is not tried now that people may be asked at: too many others wait for theirs. */
export const MANY_WAIT = 'many_wait';

/** Between two looks for an answer, or for one's turn, in ms. A person needs ten times that to type a code. */
const LOOK_MS = 1_000;
/** Until a login that found no place is tried again: one is free as soon as somebody has answered. In ms. */
const PLACE_MS = 30_000;
/** The login itself, beside the waits; a turn that is never given back ends by then. In ms. */
const LOGIN_MS = 1_200_000;

export interface PersonRequest {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is measured of it. Default: nothing. */
  readonly metrics?: Metrics | undefined;
  readonly endpoint: EndpointRow;
  /** The caller's live lease. */
  readonly leaseId: string;
  readonly actor: 'agent' | 'rotator' | 'person';
  /** Where the portal sends the code, by keyed fingerprints; messages there answer, too. Default: nowhere that we know of. */
  readonly inboxes?: readonly string[] | undefined;
  /** As `takeCodeTurn`. */
  readonly asks?: 'somebody' | 'nobody' | undefined;
  /** For whoever is asked, and before that for one's turn, in ms. */
  readonly personWaitMs: number;
  /** Of the process. Default: any number may wait. */
  readonly personPlaces?: PersonPlaces | undefined;
  /** As in `GuardedLogin`: asked once more when the answer is there. */
  readonly assertHeld?: (() => void) | undefined;
  readonly signal: AbortSignal;
}

/** Codes that a person is asked for. */
export interface PersonCodes {
  /** The code that a person answers with, or `null` where nobody does in time. Once a login. Fails as `askForCode` and `assertHeld`, and with `cancelled`. */
  readonly next: () => Promise<Secret<string> | null>;
  /** Whether the wait for a person was broken off: the portal asks for a code, and none was typed. */
  readonly brokenOff: () => boolean;
  /** Gives the turn back: the login has ended, however it did. */
  readonly end: () => Promise<void>;
}

/**
 * Takes the turn of a login that a person may be asked for a code at, before it begins: the portal sends one once it has the password, and the codes of two logins of one
 * account cannot be told apart. People are asked when the page asks. Fails as `takeCodeTurn` (with `login_not_allowed` while nobody is to be asked again, or too many wait), with `cancelled`, and with `deadline_exceeded` where the turn is another's for too long.
 */
export async function personCodes(request: PersonRequest): Promise<PersonCodes> {
  const { db, logger, metrics, endpoint } = request;
  const leavePlace = takePlace(request);
  const { key, turn } = await keyAndTurn(request).catch((error: unknown) => {
    leavePlace();
    throw error;
  });
  const waiting = metrics?.gauge('rcm_code_person_waits');
  let isOpen = false;
  return {
    async next() {
      waiting?.inc();
      isOpen = true;
      try {
        const sealed = await waitForAnswer(request, turn);
        // The answer may have lain in this process's socket while it stood still: from then on another login may have had a code sent.
        request.assertHeld?.();
        isOpen = false;
        logger.info({ endpointId: endpoint.id }, sealed ? 'a person has answered with a code' : 'nobody has answered with a code');
        return sealed && key.open(turn.requestId, sealed);
      } finally {
        waiting?.dec();
      }
    },
    brokenOff: () => isOpen,
    // One that is not given back ends with the lease.
    end: () =>
      endCodeTurn(db, turn)
        .catch((error: unknown) => logger.warn({ err: error, endpointId: endpoint.id }, 'the turn of a login could not be given back'))
        .finally(leavePlace),
  };
}

/** Whoever asked for a login is there to answer, and is not kept waiting by those that nobody answers. */
function takePlace({ personPlaces, clock, endpoint, actor }: PersonRequest): () => void {
  const leave = actor === 'person' ? personPlaces?.takeAnyway() : personPlaces?.take();
  if (leave === null)
    throw new RcmError('login_not_allowed', 'As many logins of this process wait for people as may at once. Nothing was sent.', {
      details: { endpointId: endpoint.id, reason: MANY_WAIT, until: new Date(clock.now().getTime() + PLACE_MS).toISOString() },
    });
  return leave ?? (() => undefined);
}

async function keyAndTurn(request: PersonRequest): Promise<{ readonly key: CodeKey; readonly turn: CodeTurn }> {
  const key = await createCodeKey();
  return { key, turn: await waitForTurn(request, key.publicKey) };
}

async function waitForTurn(request: PersonRequest, publicKey: Uint8Array): Promise<CodeTurn> {
  const { db, clock, endpoint, leaseId, actor, asks, inboxes, personWaitMs, signal } = request;
  const { id: endpointId, orgId } = endpoint;
  const giveUpAt = clock.elapsed() + personWaitMs;
  for (;;) {
    const turn = await takeCodeTurn(db, { orgId, endpointId, leaseId, actor, asks, publicKey, forMs: personWaitMs + LOGIN_MS, inboxes });
    if (turn) return turn;
    if (clock.elapsed() >= giveUpAt)
      throw new RcmError('deadline_exceeded', `Another login of the account waited for a code for ${personWaitMs} ms; nothing was sent.`, {
        details: { endpointId },
      });
    await clock.sleep(LOOK_MS, signal);
  }
}

async function waitForAnswer({ db, clock, logger, endpoint, personWaitMs, signal }: PersonRequest, turn: CodeTurn): Promise<Uint8Array | null> {
  await askForCode(db, turn, personWaitMs);
  const giveUpAt = clock.elapsed() + personWaitMs;
  for (;;) {
    // A database that does not answer for a moment has not lost the request.
    const answer = await takeCode(db, turn).catch((error: unknown): CodeAnswer => {
      logger.warn({ err: error, endpointId: endpoint.id }, 'whether a person has answered with a code could not be asked');
      return { kind: 'open' };
    });
    if (answer.kind === 'sealed') return answer.sealed;
    if (answer.kind === 'over' || clock.elapsed() >= giveUpAt) return null;
    await clock.sleep(LOOK_MS, signal);
  }
}
