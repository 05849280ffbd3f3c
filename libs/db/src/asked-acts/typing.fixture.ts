import { Secret } from '@rcm/telemetry';
import { expect } from 'vitest';
import type { Database } from '../database.ts';
import { createOneTimeKey, type OneTimeKey } from '../sealing/one-time-key.ts';
import type { TestDatabase, TestEndpoint } from '../testing.fixture.ts';
import { askAct } from './ask.ts';
import { typeLogin, typingKey } from './type-login.ts';
import { sealedForTyping, sealTypedLogin } from './typed-login.ts';
import { listWantedTypings, offerTypingKey, takeTyped } from './typings.ts';

export const JANE = 'person:oidc:https://id.example#jane';
export const JOHN = 'person:oidc:https://id.example#john';
export const CANARY = 'canary-Chosen-7';
export const MINUTES = 5 * 60_000;

interface Offered {
  readonly id: string;
  readonly orgId: string;
  readonly key: OneTimeKey;
}

/** Where it is typed: the console's process, and the login that is asked for where no other is named. */
interface Place {
  readonly t: TestDatabase;
  readonly page: Database;
  readonly endpoint: TestEndpoint;
}

/** People who type a login's password at the console, and a rotator that waits for it. */
export class Typing {
  private readonly place: () => Place;
  constructor(place: () => Place) {
    this.place = place;
  }

  ask(at: TestEndpoint = this.place().endpoint, actor = JANE): ReturnType<typeof askAct> {
    return askAct(this.place().page, { orgId: at.orgId, endpointId: at.endpointId, kind: 'set', actor, reason: 'read from the letter' });
  }

  /** A rotator that waits for it. */
  async offered(): Promise<Offered> {
    const { t, endpoint } = this.place();
    const { id } = await this.ask();
    const [wanted] = await listWantedTypings(t.rotator, { limit: 5 });
    if (!wanted) throw new Error('nothing is wanted');
    const key = createOneTimeKey(sealedForTyping(wanted));
    expect(await offerTypingKey(t.rotator, { requestId: id, orgId: endpoint.orgId, publicKey: key.publicKey, forMs: MINUTES })).toBe(true);
    return { id, orgId: endpoint.orgId, key };
  }

  async type({ id, orgId }: Pick<Offered, 'id' | 'orgId'>, actor = JANE): Promise<boolean> {
    const { page } = this.place();
    const key = await typingKey(page, { id, orgId, actor });
    if (!key) return false;
    const sealed = sealTypedLogin(key.publicKey, key, { password: new Secret(CANARY), seed: new Secret('') });
    await typeLogin(page, { id, orgId, actor, sealed });
    return true;
  }

  /** What was typed for one of the rotator's own requests. */
  take(...ids: readonly string[]): ReturnType<typeof takeTyped> {
    return takeTyped(this.place().t.rotator, { requestIds: ids, takenBy: 'rotator@host:1' });
  }
}
