import { askForCode, type CodeAnswer, type CodeTurn, createCodeKey, type Database, type EndpointRow, endCodeTurn, takeCode, takeCodeTurn } from '@rcm/db';
import { type Clock, type Logger, type Metrics, RcmError, type Secret } from '@rcm/telemetry';

/** Between two looks for an answer, or for one's turn, in ms. A person needs ten times that to type a code. */
const LOOK_MS = 1_000;
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
  /** For whoever is asked, and before that for one's turn, in ms. */
  readonly personWaitMs: number;
  readonly signal: AbortSignal;
}

/** Codes that a person is asked for. */
export interface PersonCodes {
  /** The code that a person answers with, or `null` where nobody does in time. Once a login. Fails as `askForCode`, and with `cancelled`. */
  readonly next: () => Promise<Secret<string> | null>;
  /** Gives the turn back: the login has ended, however it did. */
  readonly end: () => Promise<void>;
}

/**
 * Takes the turn of a login that a person may be asked for a code at, before it begins: the portal sends one once it has the password, and the codes of two logins of one
 * account cannot be told apart. People are asked when the page asks. Fails as `takeCodeTurn` (with `login_not_allowed` while nobody is to be asked again), with `cancelled`, and with `deadline_exceeded` where the turn is another's for too long.
 */
export async function personCodes(request: PersonRequest): Promise<PersonCodes> {
  const { db, logger, metrics, endpoint } = request;
  const key = await createCodeKey();
  const turn = await waitForTurn(request, key.publicKey);
  const waiting = metrics?.gauge('rcm_code_person_waits');
  return {
    async next() {
      waiting?.inc();
      try {
        const sealed = await waitForAnswer(request, turn);
        logger.info({ endpointId: endpoint.id }, sealed ? 'a person has answered with a code' : 'nobody has answered with a code');
        return sealed && key.open(turn.requestId, sealed);
      } finally {
        waiting?.dec();
      }
    },
    // One that is not given back ends with the lease.
    end: () =>
      endCodeTurn(db, turn).catch((error: unknown) => logger.warn({ err: error, endpointId: endpoint.id }, 'the turn of a login could not be given back')),
  };
}

async function waitForTurn({ db, clock, endpoint, leaseId, actor, personWaitMs, signal }: PersonRequest, publicKey: Uint8Array): Promise<CodeTurn> {
  const { id: endpointId, orgId } = endpoint;
  const giveUpAt = clock.now().getTime() + personWaitMs;
  for (;;) {
    const turn = await takeCodeTurn(db, { orgId, endpointId, leaseId, actor, publicKey, forMs: personWaitMs + LOGIN_MS });
    if (turn) return turn;
    if (clock.now().getTime() >= giveUpAt)
      throw new RcmError('deadline_exceeded', `Another login of the account waited for a code for ${personWaitMs} ms; nothing was sent.`, {
        details: { endpointId },
      });
    await clock.sleep(LOOK_MS, signal);
  }
}

async function waitForAnswer({ db, clock, logger, endpoint, personWaitMs, signal }: PersonRequest, turn: CodeTurn): Promise<Uint8Array | null> {
  await askForCode(db, turn, personWaitMs);
  const giveUpAt = clock.now().getTime() + personWaitMs;
  for (;;) {
    // A database that does not answer for a moment has not lost the request.
    const answer = await takeCode(db, turn).catch((error: unknown): CodeAnswer => {
      logger.warn({ err: error, endpointId: endpoint.id }, 'whether a person has answered with a code could not be asked');
      return { kind: 'open' };
    });
    if (answer.kind === 'sealed') return answer.sealed;
    if (answer.kind === 'over' || clock.now().getTime() >= giveUpAt) return null;
    await clock.sleep(LOOK_MS, signal);
  }
}
