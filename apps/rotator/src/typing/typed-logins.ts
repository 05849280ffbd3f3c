import {
  endAct,
  endLeftTypings,
  listOpenTypings,
  listWantedTypings,
  MOST_SET_AN_HOUR,
  offerTypingKey,
  sealedForTyping,
  takeTyped,
  type TypingOf,
  type TypingWanted,
} from '@rcm/db/acts';
import { createOneTimeKey, type OneTimeKey } from '@rcm/db/sealing';
import { RcmError, type Secret } from '@rcm/telemetry';
import { readyToSet, setLogin } from '../commands/set-login.ts';
import { typedLoginOf } from '../commands/typed-login.ts';
import { left } from '../commands/verify-login.ts';
import type { Rotator } from '../rotator.ts';
import { done, type Ended, failed } from '../schedule/ended.ts';
import { mustBeWanted } from '../schedule/must-be-wanted.ts';

/** For a person to find the password, and to type it. */
const OFFERED_MS = 300_000;
/** People who type at a time; more wait for a key. */
const MOST_KEYS = 16;
/** For a login that is busy, one login at its portal, and a code that somebody is asked for. Shorter than what such a request is left after. */
const SET_MS = 15 * 60_000;

interface Waiting {
  readonly of: TypingOf;
  readonly reason: string;
  readonly key: OneTimeKey;
}

/**
 * Logins that people set from the console: a key for each in this process's memory, whose public half the database holds while somebody types; then what `rcm login set` does. What dies with the process is the
 * key, so that nothing typed for it can be read by anybody.
 */
export class TypedLogins {
  readonly #rotator: Rotator;
  readonly #waiting = new Map<string, Waiting>();

  constructor(rotator: Rotator) {
    this.#rotator = rotator;
  }

  /** One round: waits for what people have asked to type, as far as there is room, and ends what nobody types any more, of whichever process. */
  async offer(intake: AbortSignal): Promise<void> {
    const { db } = this.#rotator;
    await endLeftTypings(db);
    if (this.#waiting.size > 0) {
      const open = new Set(await listOpenTypings(db, { requestIds: [...this.#waiting.keys()] }));
      for (const id of this.#waiting.keys()) if (!open.has(id)) this.#waiting.delete(id);
    }
    const limit = MOST_KEYS - this.#waiting.size;
    if (limit <= 0) return;
    for (const wanted of await listWantedTypings(db, { limit })) {
      if (intake.aborted) return;
      await this.#waitFor(wanted);
    }
  }

  /** One round: sets what was typed, one after the other; returns when nothing waits, or nothing is to be begun. */
  async setAll(signal: AbortSignal, intake = signal): Promise<void> {
    const { db, owner } = this.#rotator;
    while (!intake.aborted) {
      // As they are now: what was taken from the database is forgotten by the other rounds.
      const waiting = new Map(this.#waiting);
      const typed = await takeTyped(db, { requestIds: [...waiting.keys()], takenBy: owner });
      const mine = typed && waiting.get(typed.requestId);
      if (!mine) return;
      this.#waiting.delete(typed.requestId);
      await this.#end(mine.of, await this.#outcomeOf(mine, typed.sealed, signal));
    }
  }

  /** The process ends: whoever has not typed yet is told at once, and asks another one. */
  async leave(): Promise<void> {
    const given = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { of } of given)
      await this.#end(of, { outcome: 'failed', code: 'cancelled', words: 'The rotator that waited for it was stopped: ask again. Nothing was changed.' });
  }

  async #waitFor({ setBefore, reason, ...of }: TypingWanted): Promise<void> {
    try {
      if (setBefore >= MOST_SET_AN_HOUR) throw new RcmError('state_conflict', MANY);
      // As at a terminal: nobody types what cannot be set.
      await readyToSet(this.#rotator, of.endpointId);
    } catch (error) {
      return this.#end(of, failed(this.#rotator, error, { endpointId: of.endpointId, act: 'set' }));
    }
    const key = createOneTimeKey(sealedForTyping(of));
    // First: what is typed at once is taken by a key that is there.
    this.#waiting.set(of.requestId, { of, reason, key });
    if (!(await offerTypingKey(this.#rotator.db, { ...of, publicKey: key.publicKey, forMs: OFFERED_MS }))) this.#waiting.delete(of.requestId);
  }

  async #outcomeOf(waiting: Waiting, sealed: Uint8Array, signal: AbortSignal): Promise<Ended> {
    const { of, key } = waiting;
    try {
      return await this.#set(waiting, key.open(sealed), AbortSignal.any([signal, AbortSignal.timeout(SET_MS)]));
    } catch (error) {
      return failed(this.#rotator, error, { endpointId: of.endpointId, act: 'set' });
    }
  }

  async #set({ of, reason }: Waiting, text: Secret<string>, signal: AbortSignal): Promise<Ended> {
    const { db } = this.#rotator;
    const { requestId: id, orgId, endpointId, actor } = of;
    const typed = typedLoginOf(text);
    const endpoint = await readyToSet(this.#rotator, endpointId);
    const wanted = () => mustBeWanted(db, { id, orgId });
    const { version, budget } = await setLogin(this.#rotator, { endpoint, typed, proof: 'login', actor, reason, mustBeWanted: wanted }, signal);
    return done(`Stored as version ${version}, which the portal accepts; ${left(budget)}.`);
  }

  #end = ({ requestId: id, orgId }: TypingOf, ended: Ended): Promise<void> => endAct(this.#rotator.db, { id, orgId, ...ended });
}

const MANY = `${MOST_SET_AN_HOUR} logins were set from the console within the hour: a terminal sets more. Nothing was changed.`;
