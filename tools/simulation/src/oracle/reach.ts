import { isLocked } from '../portal/lockout.ts';
import { timeWords } from '../time/trace.ts';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';
import { Excuses } from './excuses.ts';
import type { Findings } from './findings.ts';
import { holdingsOf, isAccepted, opens } from './holdings.ts';
import { accountOf, liesTwice, namedLogin } from './named-account.ts';
import type { Watched } from './watched.ts';

const HOUR_MS = 3_600_000;
/** A refused password cools down for an hour at first, and a portal may be asked again when its window has passed; an agent comes by every few hours. */
const OUT_FOR_LONG_MS = 30 * HOUR_MS;
/** At the end, every login must have been worked with so lately. */
const LATELY_MS = 20 * HOUR_MS;
/** What lies beside current for so long is not just on its way into it. */
const BESIDE_MS = 12 * HOUR_MS;

/** Whether people and agents get in wherever nothing but ourselves could keep them out. */
export class Reach {
  readonly #environment: SimulatedEnvironment;
  readonly #watched: readonly Watched[];
  readonly #findings: Findings;
  readonly #excuses: Excuses;

  constructor(environment: SimulatedEnvironment, watched: readonly Watched[], findings: Findings) {
    this.#environment = environment;
    this.#watched = watched;
    this.#findings = findings;
    this.#excuses = new Excuses(environment, watched);
  }

  lookAround(): void {
    const { now } = this.#environment.scheduler;
    for (const watched of this.#watched) {
      const excuse = this.#excuses.of(watched.login);
      if (excuse !== undefined) watched.excused = { at: now, excuse };
      watched.besideSince = this.#isOnlyBeside(watched) ? (watched.besideSince ?? now) : null;
      watched.mustChangeSince = accountOf(namedLogin(this.#environment, watched.login))?.mustChange ? (watched.mustChangeSince ?? now) : null;
      watched.right = rightFrom(watched.right, this.#rightOf(watched), now);
      if (!this.#isWell(watched)) {
        watched.wellSince = null;
        continue;
      }
      watched.wellSince ??= now;
      // Where nobody came, nobody was kept out: it may have been mended long since.
      const outFor = watched.turnedAwayAt - Math.max(watched.wellSince, watched.turnedAwaySince ?? now);
      const { lockout } = watched.login.portal.habits;
      if (outFor > OUT_FOR_LONG_MS + (lockout.windowMs ?? 0)) this.#outage(watched, outFor);
      else watched.outage = null;
    }
  }

  /** Each is told once, and once more where it goes on for longer than its excuse holds. */
  #outage(watched: Watched, outFor: number): void {
    const excuse = this.#lateExcuse(watched, watched.turnedAwayAt);
    if (watched.outage === 'unexplained' || (watched.outage === 'explained' && excuse !== undefined)) return;
    watched.outage = excuse === undefined ? 'unexplained' : 'explained';
    const detail = `nobody got in for ${Math.round(outFor / HOUR_MS)} hours, since ${timeWords(watched.workedAt)}`;
    this.#findings.add('outage', watched.login.plan.endpointId, detail, excuse);
  }

  /** Of the time that is asked about, or of shortly before: whoever has just been told that nothing counts any more comes by in a few hours. */
  #lateExcuse({ excused }: Watched, at: number): string | undefined {
    return excused && excused.at > at - OUT_FOR_LONG_MS ? excused.excuse : undefined;
  }

  /** When everything has been well for long. */
  judge(watched: Watched): void {
    const login = namedLogin(this.#environment, watched.login);
    const { now } = this.#environment.scheduler;
    const account = accountOf(login);
    if (!account) return;
    const { current, staged, earlier } = holdingsOf(this.#environment, login);
    const stored = [...(current === null ? [] : [current]), ...staged, ...earlier];
    // Where nobody came since it was mended, nobody was kept out; nor where it was mended, and is just being changed again.
    const { right } = watched;
    const wasMet = right === null || (right.endedAt ?? now) < now - LATELY_MS || watched.turnedAwayAt >= right.since;
    // A rotation that did not get through is tried again in half a day.
    const isJustDemanded = watched.mustChangeSince !== null && watched.mustChangeSince > now - LATELY_MS;
    if (
      wasMet &&
      !isJustDemanded &&
      !isLocked(account, now) &&
      stored.some((password) => isAccepted(login, account, password)) &&
      watched.workedAt < now - LATELY_MS
    )
      this.#findings.add(
        'stuck',
        login.plan.endpointId,
        `the store has what the portal accepts, and nobody has got in since ${timeWords(watched.workedAt)}`,
        this.#lateExcuse(watched, now),
      );
    if (watched.besideSince !== null && watched.besideSince < now - BESIDE_MS)
      this.#findings.add(
        'stale win',
        `${login.plan.endpointId} password`,
        'what the portal accepts lies beside current, and not in it',
        this.#lateExcuse(watched, now),
      );
  }

  /** Whether nothing but ourselves keeps anybody out of it now. */
  #isWell({ login: watched }: Watched): boolean {
    const { scheduler, stores, database } = this.#environment;
    const { now } = scheduler;
    const login = namedLogin(this.#environment, watched);
    const account = accountOf(login);
    if (!account || login.duties.size > 0 || login.secretOfAPerson !== null) return false;
    if (account.mustChange && liesTwice(this.#watched, login, watched)) return false;
    if (!login.portal.isWell || isLocked(account, now) || now < account.propagatedAt || database.downUntil > now) return false;
    const { downUntil, throttledUntil, writesDeniedUntil } = stores.weatherOf(login.plan.store);
    if (Math.max(downUntil, throttledUntil, writesDeniedUntil) > now) return false;
    const { current, staged, earlier, mfaSeed } = holdingsOf(this.#environment, login);
    // Whoever undoes a person's new authenticator is judged by the field.
    if (account.mfaSeed !== null && mfaSeed !== account.mfaSeed) return false;
    return [...(current === null ? [] : [current]), ...staged, ...earlier].some((password) => isAccepted(login, account, password));
  }

  #isOnlyBeside({ login: watched }: Watched): boolean {
    const login = namedLogin(this.#environment, watched);
    const account = accountOf(login);
    if (!account) return false;
    const { current, staged, earlier } = holdingsOf(this.#environment, login);
    return (current === null || !opens(login, account, current)) && [...staged, ...earlier].some((password) => opens(login, account, password));
  }

  #rightOf({ login: watched }: Watched): string | null {
    const login = namedLogin(this.#environment, watched);
    const account = accountOf(login);
    const { current } = holdingsOf(this.#environment, login);
    return account !== undefined && current !== null && isAccepted(login, account, current) ? current : null;
  }
}

/** What is right now goes on from what was; what is right no more was until now. */
function rightFrom(was: Watched['right'], password: string | null, now: number): Watched['right'] {
  if (password === null) return was && { ...was, endedAt: was.endedAt ?? now };
  return was?.endedAt === null && was.password === password ? was : { password, since: now, endedAt: null };
}
