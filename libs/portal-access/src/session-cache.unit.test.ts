import type { PortalSession } from '@rcm/portal-drivers';
import { describe, expect, it } from 'vitest';
import { SessionCache } from './session-cache.ts';

/** A session that only knows whether it was closed: the cache uses nothing else of it. */
function session(): PortalSession & { readonly closed: () => boolean } {
  const state = { closed: false };
  const unused = () => Promise.reject(new Error('the cache uses no page'));
  return {
    login: unused,
    changePassword: unused,
    runTask: unused,
    isLoggedIn: unused,
    close: async () => void (state.closed = true),
    closed: () => state.closed,
  };
}

const LOGIN = 'login-attempt';
const opened = (one: PortalSession) => ({ session: one, loginAttemptId: LOGIN });
const cache = (maxSessions = 2, idleMs = 60_000) => new SessionCache({ maxSessions, idleMs });

describe('kept sessions', () => {
  it('gives a session back under the version that opened it, once', async () => {
    const kept = cache();
    const first = session();
    await kept.keep('alpine-1', 'v1', opened(first));
    expect(await kept.take('alpine-1', 'v1')).toEqual({ session: first, loginAttemptId: LOGIN });
    expect(await kept.take('alpine-1', 'v1')).toBeNull();
    expect(first.closed()).toBe(false);
  });

  it('closes a session whose password was rotated', async () => {
    const kept = cache();
    const old = session();
    await kept.keep('alpine-1', 'v1', opened(old));
    expect(await kept.take('alpine-1', 'v2')).toBeNull();
    expect(old.closed()).toBe(true);
  });

  it('closes the one longest unused when it is full', async () => {
    const kept = cache(2);
    const [a, b, c] = [session(), session(), session()];
    await kept.keep('a', 'v', opened(a));
    await kept.keep('b', 'v', opened(b));
    await kept.keep('c', 'v', opened(c));
    expect([a.closed(), b.closed(), c.closed()]).toEqual([true, false, false]);
    expect(kept.size).toBe(2);
  });

  it('closes what nobody asked for in time', async () => {
    const kept = cache(2, 20);
    const idle = session();
    await kept.keep('a', 'v', opened(idle));
    await expect.poll(() => idle.closed()).toBe(true);
    expect(kept.size).toBe(0);
  });

  it.each([
    ['nobody asked for in time', 20, async () => undefined],
    ['is closed for another', 60_000, (kept: SessionCache) => void kept.keep('b', 'v', opened(session()))],
    ['was opened with another password', 60_000, (kept: SessionCache) => void kept.take('a', 'w')],
    ['is dropped', 60_000, (kept: SessionCache) => void kept.drop('a')],
  ])('says when one that %s has signed out', async (_what, idleMs, end) => {
    const kept = cache(1, idleMs);
    const [closing, signedOut] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const close = async (): Promise<void> => (closing.resolve(), signedOut.promise);
    await kept.keep('a', 'v', opened({ ...session(), close }));
    await kept.closed('a');
    await end(kept);
    await closing.promise;
    const told: string[] = [];
    const closed = kept.closed('a').then(() => told.push('closed'));
    await kept.closed('b');
    await new Promise((resolve) => setTimeout(resolve, 20));
    told.push('signs out');
    signedOut.resolve();
    await closed;
    expect(told).toEqual(['signs out', 'closed']);
  });

  it('leaves none open when it closes', async () => {
    const kept = cache();
    const [a, b] = [session(), session()];
    await kept.keep('a', 'v', opened(a));
    await kept.keep('b', 'v', opened(b));
    await kept.close();
    expect([a.closed(), b.closed()]).toEqual([true, true]);
  });

  it('keeps nothing where the bound is zero', async () => {
    const kept = cache(0);
    const a = session();
    await kept.keep('a', 'v', opened(a));
    expect(a.closed()).toBe(true);
    expect(kept.size).toBe(0);
  });

  it('leaves none open that it does not know of, however slowly those before it close', async () => {
    const kept = cache();
    const sessions = [slowly(session()), session(), session()];
    await Promise.all(sessions.map((one) => kept.keep('alpine-1', 'v1', opened(one))));
    expect(sessions.map((one) => one.closed())).toEqual([true, true, false]);
    await kept.close();
    expect(sessions.map((one) => one.closed())).toEqual([true, true, true]);
  });
});

/** A session whose logout takes its time. */
function slowly(one: ReturnType<typeof session>): ReturnType<typeof session> {
  return {
    ...one,
    async close() {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await one.close();
    },
  };
}
