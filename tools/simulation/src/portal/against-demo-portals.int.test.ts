import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DemoPortals, startDemoPortals } from '@rcm/demo-portals';
import { backend } from '@rcm/test-services';
import { portalControl } from '@rcm/test-environment';
import { Inside } from '../time/inside.fixture.ts';
import { Random } from '../time/random.ts';
import { isSame } from './account.ts';
import type { ChangeAnswer, PortalHabits } from './habits.ts';
import { countingFailures, isLocked, type LockoutRules } from './lockout.ts';
import { Portal } from './portal.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const LATER_MS = 3 * HOUR_MS;
/** What differs only in case, or behind the twelfth character, or not at all from what a portal keeps that cuts or folds. */
const POOL = ['Abcdefgh1234Xyzw', 'Abcdefgh1234', 'aBCDEFGH1234xYZW', 'Zyxwvuts9876Abcd', 'Zyxwvuts9876', 'Qqqqqqqq1111Rrrr'];
const FAULTS: readonly (readonly [string, ChangeAnswer])[] = [
  ['500_before_commit', 'error, not made'],
  ['500_after_commit', 'error, made'],
  ['makes_it_after', 'error, made long after'],
  ['says_too_short_makes_it', 'says too short, makes it long after'],
  ['says_changed_makes_it', 'says changed, makes it long after'],
  ['says_changed_does_not', 'says changed, does not'],
];
const PERSON = { by: 'person', process: 'person' } as const;
const OURS = { by: 'rotator', process: 'rotator' } as const;
/** The demo portals' words for what the model's record says. */
const ENDED: Readonly<Record<string, string>> = { accepted: 'accepted', wrong: 'wrong', 'at locked': 'locked', closed: 'closed' };

/** A visitor without a browser: keeps one cookie, follows redirects, knows the newest page's token. */
class Visitor {
  readonly #baseUrl: string;
  readonly #cookies = new Map<string, string>();
  #token = '';
  path = '';

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  async ask(method: 'GET' | 'POST', path: string, fields?: Readonly<Record<string, string>>): Promise<string> {
    const response = await fetch(new URL(path, this.#baseUrl), {
      method,
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(fields ? { body: new URLSearchParams({ ...fields, _csrf: this.#token }) } : {}),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = '', value = ''] = cookie.split(';', 1)[0]?.split('=') ?? [];
      this.#cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location !== null) return this.ask('GET', location);
    this.path = path;
    const text = await response.text();
    this.#token = /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? this.#token;
    return text;
  }
}

function rules(random: Random): LockoutRules {
  const counts = random.pick(['consecutive', 'window', 'until_unlocked'] as const);
  const windowMs = counts === 'until_unlocked' ? null : counts === 'window' ? random.pick([HOUR_MS, 2 * HOUR_MS]) : random.pick([null, HOUR_MS]);
  return { counts, threshold: random.between(3, 5), windowMs, lastsMs: random.pick([30 * MINUTE_MS, 4 * HOUR_MS, null]), countsCodes: true };
}

describe.skipIf(backend() === 'containers')('the same random tries and changes, at the model and at a demo portal', () => {
  let demo: DemoPortals;
  beforeAll(async () => {
    demo = await startDemoPortals();
  });
  afterAll(() => demo.close());

  test.each(Array.from({ length: 3 }, (_, round) => round))('round %i', async (round) => {
    const random = new Random(`portal ${round}`);
    const inside = new Inside(`portal ${round}`);
    const control = portalControl(demo.control.baseUrl);
    const [lockout, keepsFirst, foldsCase] = [rules(random), random.pick([null, null, 12]), random.chance(0.3)];
    const habits: PortalHabits = {
      ...{
        lockout,
        oneText: false,
        tellsUntil: false,
        keepsFirst,
        foldsCase,
        propagationDelayMs: 0,
        whilePropagating: 'neither or new',
        asksForCode: false,
        codeSkew: 1,
      },
      ...{
        history: 0,
        historyFirst: false,
        countsCurrent: false,
        changeMeetsAnyPart: false,
        expiresAfterMs: null,
        changes: { made: 1 },
        lateMs: 1,
        longAfterMs: LATER_MS,
      },
    };
    const username = `user-${round}`;
    const login = { portal: 'alpine', username } as const;
    await control.setHabits('alpine', { lockout, keepsFirst, foldsCase, closedSaysWrong: false });
    await control.createAccount({ ...login, password: POOL[1] ?? '' });
    const model = new Portal(inside.scheduler, { realm: 'alpine', habits, random });
    const account = model.add({ username, password: POOL[1] ?? '', mfaSeed: null });
    const told: string[] = [];

    /** Both sides log in; where they get in, both may change the password. */
    const visit = async (password: string, change: { readonly next: string; readonly fault: (typeof FAULTS)[number] | null } | null): Promise<void> => {
      const visitor = new Visitor(demo.portals.alpine.baseUrl);
      await visitor.ask('GET', '/login');
      await visitor.ask('POST', '/login', { username, password });
      const ended = model.tryPassword(OURS, username, password);
      told.push(`login ${password}: ${ended}`);
      if (ended !== 'accepted' || change === null) return;
      if (change.fault) {
        await control.setAccountFault(login, { fault: change.fault[0], delayMs: LATER_MS, count: 1 });
        model.nextAnswers.push(change.fault[1]);
      }
      await visitor.ask('GET', '/password');
      await visitor.ask('POST', '/password', { current_password: password, new_password: change.next, confirm_password: change.next });
      const { decision } = model.change(OURS, username, password, change.next);
      told.push(`change to ${change.next} (${change.fault?.[0] ?? 'none'}): ${decision}`);
      // A refusal met no fault, which then waits for the next change.
      model.nextAnswers.length = 0;
      await control.setAccountFault(login, { fault: 'none' });
    };
    const pass = async (ms: number): Promise<void> => {
      await control.advance(ms);
      await inside.scheduler.run(inside.scheduler.now + ms);
      told.push(`${ms / MINUTE_MS} minutes pass`);
    };

    for (let step = 0; step < 45; step += 1) {
      const [password, next] = [random.chance(0.5) ? account.password : random.pick(POOL), random.pick(POOL.filter((p) => p.length > 12))];
      const fault = random.chance(0.4) ? random.pick(FAULTS) : null;
      const act = random.weighted({ login: 8, change: 5, mistype: 2, support: 0.7, time: 4, closed: 1 });
      if (act === 'login') await visit(password, null);
      if (act === 'change') await visit(account.password, { next, fault });
      if (act === 'mistype') {
        await control.mistype(login);
        model.tryPassword(PERSON, username, 'a slip of the finger');
        told.push('mistype');
      }
      if (act === 'support') {
        await control.unlock(login);
        model.callSupport(username);
        told.push('support');
      }
      if (act === 'time') await pass(random.pick([10, 20, 45, 90, 200]) * MINUTE_MS);
      if (act === 'closed') {
        await control.setHabits('alpine', { closedSaysWrong: true });
        model.weather.refusesUntil = Number.POSITIVE_INFINITY;
        await visit(password, null);
        await control.setHabits('alpine', { closedSaysWrong: false });
        model.weather.refusesUntil = 0;
      }
      const real = await control.history(login);
      const { now } = inside.scheduler;
      const accepted = await Promise.all(POOL.map((candidate) => control.accepts({ ...login, password: candidate })));
      expect({
        ...{
          failures: real.failedAttempts,
          locked: real.locked,
          untilSupport: real.locked && real.lockedUntilSupport,
          accepted,
          tries: real.tries.map(({ ended }) => ended),
          told,
        },
      }).toEqual({
        failures: countingFailures(lockout, account, now).length,
        locked: isLocked(account, now),
        untilSupport: isLocked(account, now) && account.lockedUntil === Number.POSITIVE_INFINITY,
        accepted: POOL.map((candidate) => isSame(habits, candidate, account.password)),
        tries: model.record.filter(({ act: what }) => what === 'login').map(({ ended }) => ENDED[ended]),
        told,
      });
    }
  });
});
