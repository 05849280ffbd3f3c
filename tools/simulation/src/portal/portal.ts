import { totpCode } from '@rcm/portal-drivers';
import { Secret } from '@rcm/telemetry';
import type { Random } from '../time/random.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { type Account, accountFrom, cut, type GivenAccount, isSame, setPassword } from './account.ts';
import { type AnswerSent, MEANINGS } from './change-answers.ts';
import type { ChangeAnswer, PortalHabits } from './habits.ts';
import { type Failure, isLocked, noteFailure, noteSuccess, unlock } from './lockout.ts';
import type { ChangeDecision, LoginEnd, PortalEntry } from './record.ts';
import type { Told, Visitor } from './visit.ts';

const TOTP_STEP_MS = 30_000;

/** What happens to a portal as a whole, each until a time in ms. */
export interface Weather {
  unavailableUntil: number;
  /** Every password is called wrong. */
  refusesUntil: number;
  /** And that counts. */
  refusalsAreCounted: boolean;
  /** Every login meets a question that only a person can answer. */
  challengesUntil: number;
}

/** One sign-in: the accounts of a realm, whatever doors lead to it. It decides by its habits, and writes everything down. */
export class Portal {
  readonly realm: string;
  readonly habits: PortalHabits;
  readonly accounts = new Map<string, Account>();
  readonly record: PortalEntry[] = [];
  /** What those who logged in were told, or that they were told nothing; which is all that anybody outside of the portal can know of its count. */
  readonly told: Told[] = [];
  /** The same of those who sent a change: its form has the current password in it, and that may have counted. */
  readonly toldOfChanges: Told[] = [];
  readonly weather: Weather = { unavailableUntil: 0, refusesUntil: 0, refusalsAreCounted: false, challengesUntil: 0 };
  /** The next changes are answered so, whatever its habits: a happening. */
  readonly nextAnswers: ChangeAnswer[] = [];
  readonly #scheduler: Scheduler;
  readonly #random: Random;

  constructor(scheduler: Scheduler, options: { readonly realm: string; readonly habits: PortalHabits; readonly random: Random }) {
    this.#scheduler = scheduler;
    this.realm = options.realm;
    this.habits = options.habits;
    this.#random = options.random;
  }

  add(given: GivenAccount): Account {
    const account = accountFrom(this.habits, given, this.#scheduler.now);
    this.accounts.set(account.username, account);
    return account;
  }

  get isWell(): boolean {
    const { unavailableUntil, refusesUntil, challengesUntil } = this.weather;
    return Math.max(unavailableUntil, refusesUntil, challengesUntil) <= this.#scheduler.now;
  }

  /** A password is typed. `right`: nothing was counted yet, a code is to follow. */
  tryPassword(visitor: Visitor, username: string, password: string): LoginEnd | 'right' {
    const { now } = this.#scheduler;
    const account = this.accounts.get(username);
    if (now < this.weather.unavailableUntil) return this.#note(visitor, username, 'unavailable', password);
    if (now < this.weather.refusesUntil) {
      if (this.weather.refusalsAreCounted && account && !isLocked(account, now)) return this.#fail(visitor, account, 'wrong', password);
      return this.#note(visitor, username, 'closed', password);
    }
    if (now < this.weather.challengesUntil) return this.#note(visitor, username, 'challenged', password);
    if (!account) return this.#note(visitor, username, 'wrong', password);
    if (isLocked(account, now)) return this.#note(visitor, username, 'at locked', password);
    if (!this.#knows(account, password)) return this.#fail(visitor, account, 'wrong', password);
    return this.habits.asksForCode && account.mfaSeed !== null ? 'right' : this.#accept(visitor, account, password);
  }

  /** The code after a right password; `null`: whoever it is has none. */
  tryCode(visitor: Visitor, username: string, password: string, code: string | null): LoginEnd {
    const { now } = this.#scheduler;
    const account = this.accounts.get(username);
    if (!account || account.mfaSeed === null || isLocked(account, now)) return this.#note(visitor, username, 'at locked', password);
    if (code === null) return this.#note(visitor, username, 'no code', password);
    const present = Math.floor(now / TOTP_STEP_MS);
    for (let step = present - this.habits.codeSkew; step <= present + this.habits.codeSkew; step += 1) {
      if (account.usedSteps.has(step) || codeOf(account.mfaSeed, step) !== code) continue;
      account.usedSteps.add(step);
      return this.#accept(visitor, account, password, code);
    }
    if (this.habits.lockout.countsCodes) return this.#fail(visitor, account, 'wrong code', password, code);
    return this.#note(visitor, username, 'wrong code', password, { code });
  }

  /** A new password is submitted by whoever is logged in. */
  change(visitor: Visitor, username: string, current: string, next: string): { readonly answer: ChangeAnswer; readonly decision: ChangeDecision } {
    const account = this.accounts.get(username);
    const answer = this.nextAnswers.shift() ?? this.#random.weighted(this.habits.changes);
    // The form of the page sends nothing.
    if (answer === 'not sent') return { answer, decision: 'refused' };
    if (!account || this.#scheduler.now < this.weather.unavailableUntil) return { answer: 'error, not made', decision: 'error' };
    const isReused = [account.password, ...account.former.slice(0, this.habits.history)].some((former) => isSame(this.habits, former, cut(this.habits, next)));
    if (isReused && this.habits.historyFirst) return this.#refused(visitor, account, answer, 'reused');
    if (!this.#formTakes(account, current)) return this.#refused(visitor, account, answer, 'current_wrong');
    if (isReused) return this.#refused(visitor, account, answer, 'reused');
    return { answer, decision: this.#answer(visitor, account, answer, next) };
  }

  /** By a person at the page, or at the telephone: at once, everywhere. */
  setByHand(username: string, password: string): void {
    const account = this.#account(username);
    setPassword(this.habits, account, { password, by: 'person', now: this.#scheduler.now });
    account.propagatedAt = 0;
    this.#note({ by: 'person', process: 'person' }, username, 'done', password, { act: 'set by hand' });
  }

  callSupport(username: string): void {
    unlock(this.#account(username));
    this.#note({ by: 'person', process: 'person' }, username, 'done', null, { act: 'support' });
  }

  #account(username: string): Account {
    const account = this.accounts.get(username);
    if (!account) throw new Error(`The portal has no account ${username}.`);
    return account;
  }

  /** Whether the part of the portal that this login meets knows the password. */
  #knows(account: Account, password: string): boolean {
    if (this.#scheduler.now >= account.propagatedAt || this.#random.chance(0.5)) return isSame(this.habits, password, account.password);
    return this.habits.whilePropagating === 'old or new' && account.before !== null && isSame(this.habits, password, account.before);
  }

  /**
   * Whether the form of a change finds its current password right. A change is made where the newest is known, so a former one never opens it. Where the form
   * counts, it asks what a login asks: that refuses every password of a locked account and counts none, and the form has only one text for it.
   */
  #formTakes(account: Account, current: string): boolean {
    if (this.habits.countsCurrent && isLocked(account, this.#scheduler.now)) return false;
    return isSame(this.habits, current, account.password) && (!this.habits.changeMeetsAnyPart || this.#knows(account, current));
  }

  #accept(visitor: Visitor, account: Account, password: string, code: string | null = null): LoginEnd {
    noteSuccess(this.habits.lockout, account);
    const { expiresAfterMs } = this.habits;
    if (expiresAfterMs !== null && this.#scheduler.now > account.passwordAt + expiresAfterMs) account.mustChange = true;
    return this.#note(visitor, account.username, account.mustChange ? 'must change' : 'accepted', password, { code });
  }

  #fail(visitor: Visitor, account: Account, ended: 'wrong' | 'wrong code', password: string, code: string | null = null): LoginEnd {
    this.#note(visitor, account.username, ended, password, { counted: true, code });
    return this.#count(visitor, account) ? 'at locked' : ended;
  }

  /** Counts what has just been noted as a wrong try; says whether it locked the account. */
  #count(visitor: Visitor, account: Account): boolean {
    const failure: Failure = { at: this.#scheduler.now, askedAt: visitor.askedAt ?? this.#scheduler.now, by: visitor.by === 'person' ? 'person' : 'us' };
    if (!noteFailure(this.habits.lockout, account, failure)) return false;
    this.#note({ by: 'portal', process: this.realm }, account.username, 'done', null, { act: 'locked' });
    return true;
  }

  #answer(visitor: Visitor, account: Account, answer: AnswerSent, next: string): ChangeDecision {
    const by = visitor.by === 'person' ? 'person' : 'us';
    const say = (said: ChangeDecision, ended: 'made' | 'to be made' | 'not made' | 'refused'): ChangeDecision => {
      this.#note(visitor, account.username, ended, next, { act: 'change', said });
      return said;
    };
    const make = (said: ChangeDecision): ChangeDecision => {
      setPassword(this.habits, account, { password: next, by, now: this.#scheduler.now });
      return say(said, 'made');
    };
    const makeIn = (ms: number, said: ChangeDecision): ChangeDecision => {
      const pending = { dueAt: this.#scheduler.now + ms, asOf: account.changes, to: next, by } as const;
      account.pending = [...account.pending, pending];
      this.#scheduler.at(pending.dueAt, null, () => {
        account.pending = account.pending.filter((other) => other !== pending);
        if (pending.asOf !== account.changes) return;
        setPassword(this.habits, account, { password: next, by, now: this.#scheduler.now });
        this.#note({ by: 'portal', process: this.realm }, account.username, 'made', next, { act: 'change made' });
      });
      return say(said, 'to be made');
    };
    const { said, does } = MEANINGS[answer];
    switch (does) {
      case 'makes it':
        return make(said);
      case 'makes it late':
        return makeIn(this.habits.lateMs, said);
      case 'makes it long after':
        return makeIn(this.habits.longAfterMs, said);
      case 'does not make it':
        return say(said, 'not made');
      case 'refuses it':
        return say(said, 'refused');
    }
  }

  #refused(
    visitor: Visitor,
    account: Account,
    answer: ChangeAnswer,
    decision: ChangeDecision,
  ): { readonly answer: ChangeAnswer; readonly decision: ChangeDecision } {
    const counted = decision === 'current_wrong' && this.habits.countsCurrent && !isLocked(account, this.#scheduler.now);
    this.#note(visitor, account.username, 'refused', null, { act: 'change', said: decision, counted });
    if (counted) this.#count(visitor, account);
    return { answer, decision };
  }

  #note<E extends PortalEntry['ended']>(
    { by, process, askedAt = this.#scheduler.now }: Visitor,
    username: string,
    ended: E,
    password: string | null,
    more: Partial<Pick<PortalEntry, 'act' | 'counted' | 'code' | 'said'>> = {},
  ): E {
    const plain = { act: 'login', counted: false, code: null, said: null } as const;
    this.record.push({ at: this.#scheduler.now, username, by, process, askedAt, ended, password, ...plain, ...more });
    return ended;
  }
}

const codeOf = (seed: string, step: number): string => totpCode({ seed: new Secret(seed), step }).reveal();
