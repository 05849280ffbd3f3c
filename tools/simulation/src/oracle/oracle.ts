import type { PauseScope } from '@rcm/db/rotation';
import { type Account, accepts } from '../portal/account.ts';
import { countingFailures, isLocked } from '../portal/lockout.ts';
import type { Portal } from '../portal/portal.ts';
import type { PortalEntry } from '../portal/record.ts';
import { timeWords } from '../time/trace.ts';
import { accountName, type Save, type SimLogin } from '../world/sim-login.ts';
import type { World } from '../world/world.ts';
import type { Finding, FindingKind } from './finding.ts';
import { copiesElsewhere, fieldOf, holdingsOf, isAccepted, opens, together } from './holdings.ts';
import { Possession, type Writer } from './possession.ts';
import { Homes } from './homes.ts';
import { Rashness } from './rashness.ts';
import { foundNoWayIn, lockedWrittenLate, refusalsSeen } from './refusals-seen.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A refused password cools down for an hour at first, and a portal may be asked again when its window has passed; an agent comes by every few hours. */
const OUT_FOR_LONG_MS = 30 * HOUR_MS;
/** At the end, every login must have been worked with so lately. */
const LATELY_MS = 20 * HOUR_MS;
const LOOK_EVERY_MS = HOUR_MS;
/** What lies beside current for so long is not just on its way into it. */
const BESIDE_MS = 12 * HOUR_MS;
/** How people are told of a version whose writer was not heard; what of it was lost is in that version, and in no other. */
const WRITTEN_OVER = /^version (\S+) was written over /;
/** Whoever finds that they wrote over an edit has put it back by then: some calls, each with its deadline. */
const PUT_BACK_MS = 60_000;
const NEEDED_TO_ROTATE = 2;
/** What was refused is asked for again only where that failure would not be the last one of our share. */
const TO_SPARE = 1;
/** A day is the longest window that a portal counts in; whoever may not know its clock waits a little beyond, and a call that is slow takes its time. */
const SEARCH_MS = 26 * HOUR_MS;

interface Watched {
  readonly login: SimLogin;
  workedAt: number;
  /** When somebody last came and could not get in. */
  turnedAwayAt: number;
  /** When the first did since somebody had got in; `null`: nobody was turned away since. */
  turnedAwaySince: number | null;
  /** Since when nothing but ourselves keeps anybody out; `null`: something does. */
  wellSince: number | null;
  /** What was last said of an outage that lasts; `null`: there is none. */
  outage: 'explained' | 'unexplained' | null;
  readonly possession: Possession;
  /** The secrets in which its password lay last. */
  readonly homes: Homes<Watched>;
  /** What people last made of their own fields, each with every value that may stand. */
  readonly fields: Map<string, readonly unknown[]>;
  /** Since when what the portal accepts lies beside current. */
  besideSince: number | null;
  /** Since when the portal lets nobody in before a change. */
  mustChangeSince: number | null;
  /** What is current and accepted by the portal, or was last, and since when; `endedAt`: until when, as while a change of it is under way. */
  right: { readonly password: string; readonly since: number; readonly endedAt: number | null } | null;
  /** When there was last an excuse for keeping everybody out of it. */
  excused: { readonly at: number; readonly excuse: string } | null;
}

interface Write {
  readonly writer: Writer;
  readonly askedAt: number;
}

/** Judges a world by the portals' records, the stores' contents and the clock, and by nothing else. */
export class Oracle {
  readonly findings: Finding[] = [];
  readonly #world: World;
  readonly #watched: readonly Watched[];
  readonly #read = new Map<Portal, number>();
  readonly #rashness = new Map<Portal, Rashness>();
  #writesRead = 0;

  constructor(world: World) {
    this.#world = world;
    const { now } = world.scheduler;
    this.#watched = [...world.logins.values()].map((login) => ({
      ...{
        login,
        workedAt: now,
        turnedAwayAt: now,
        turnedAwaySince: null,
        wellSince: now,
        outage: null,
        possession: new Possession(),
        homes: new Homes(),
        fields: new Map(),
        besideSince: null,
        mustChangeSince: null,
        right: null,
        excused: null,
      },
    }));
    for (const portal of world.portals.values()) {
      this.#read.set(portal, 0);
      const propagationDelayMs = doorTo(world, portal)?.type.settleMs ?? 0;
      const mayHaveForgotten = (from: number, to: number): boolean => world.database.failOvers.some((at) => at >= from && at <= to);
      this.#rashness.set(portal, new Rashness({ portal, propagationDelayMs, mayHaveForgotten }));
    }
    world.onWorked = (login) => this.#worked(login);
    world.onTurnedAway = (login) => {
      const watched = this.#watched.find((known) => known.login === login);
      if (!watched) return;
      watched.turnedAwayAt = world.scheduler.now;
      watched.turnedAwaySince ??= world.scheduler.now;
    };
    world.onSaved = (login, save) => this.#saved(login, save);
    world.scheduler.afterEach = () => this.#look();
    const lookAgain = (): void => {
      this.#lookAround();
      world.scheduler.in(LOOK_EVERY_MS, null, lookAgain);
    };
    world.scheduler.in(LOOK_EVERY_MS, null, lookAgain);
  }

  /** When everything has been well for long. */
  judgeTheEnd(): void {
    for (const watched of this.#watched) {
      this.#judgeFields(watched);
      this.#judgeReach(watched);
    }
    for (const what of new Set(this.#world.trespasses)) this.#find('wrong tenant', what, what);
    for (const error of this.#world.broken) this.#find('broken', error.message, error.stack ?? error.message);
  }

  /** After so many happenings somebody goes round without a pause: nothing that time would mend can be judged. */
  judgeUnended(happenings: number): void {
    this.#find('broken', 'the world', `it was given up after ${happenings} happenings: somebody goes round without a pause`);
  }

  #find(kind: FindingKind, about: string, detail: string, excuse?: string): void {
    this.findings.push({ kind, at: this.#world.scheduler.now, about, detail, ...(excuse === undefined ? {} : { excuse }) });
    this.#world.trace.add('THE ORACLE', `${kind}: ${about}: ${detail}`);
  }

  /** After every happening that the portal or the store wrote down. */
  #look(): void {
    let isNew = false;
    for (const [portal, read] of this.#read) {
      const { record } = portal;
      if (record.length === read) continue;
      isNew = true;
      this.#read.set(portal, record.length);
      for (const entry of record.slice(read)) this.#judgeEntry(portal, entry);
    }
    const { storeRecord } = this.#world;
    const writes = new Map<Watched, Write>();
    for (const { path, by, askedAt } of storeRecord.slice(this.#writesRead)) {
      isNew = true;
      const watched = this.#watched.find(({ login }) => path.includes(`/${login.plan.endpointId}/`));
      if (watched) writes.set(watched, { writer: by === 'person' ? 'person' : 'us', askedAt });
    }
    this.#writesRead = storeRecord.length;
    if (isNew) for (const watched of this.#watched) this.#judgeLoss(watched, writes);
  }

  #judgeEntry(portal: Portal, entry: PortalEntry): void {
    const rash = this.#rashness.get(portal)?.judge(entry) ?? null;
    if (rash !== null) this.#rash(accountName({ portal, username: entry.username }), rash);
    const account = portal.accounts.get(entry.username);
    if (!account || !(entry.counted || entry.act === 'locked')) return;
    const door = doorTo(this.#world, portal);
    if (!door) return;
    const share = door.type.lockoutThreshold - door.type.lockoutMargin;
    const counting = countingFailures(portal.habits.lockout, account, entry.at);
    const ours = counting.filter(({ by }) => by === 'us').length;
    // What was let out, and came when the portal would have forgotten it, is over no budget that anybody could keep; where it locks, it has locked.
    const { lockoutWindowSeconds } = door.type;
    const forgottenMs = lockoutWindowSeconds === null ? Number.POSITIVE_INFINITY : lockoutWindowSeconds * 1_000;
    const late = counting.filter(({ by, at, askedAt }) => by === 'us' && at - askedAt > forgottenMs).length;
    const about = accountName({ portal, username: entry.username });
    const words = `${ours} failures of ours count, ${counting.length - ours} of people; our share is ${share}, the portal locks at ${portal.habits.lockout.threshold}`;
    if (ours - late > share && entry.counted && entry.by !== 'person') this.#find('over budget', about, words);
    if (entry.act !== 'locked') return;
    if (portal.habits.lockout.lastsMs === null) this.#world.wasLocked.add(about);
    if (ours > share) this.#find('locked', about, words);
  }

  /** Told once: whoever is rash once goes on being so. */
  #rash(about: string, words: string): void {
    if (!this.findings.some((known) => known.kind === 'rash' && known.about === about)) this.#find('rash', about, words);
  }

  /** At this instant: is what the portal accepts anywhere in the store, in the login's secret or in another one of the same account? */
  #judgeLoss({ login, possession, homes }: Watched, writes: ReadonlyMap<Watched, Write>): void {
    const account = this.#accountOf(login);
    if (!account) return;
    const sharing = this.#watched.filter((other) => isSameAccount(login, other.login) || homes.has(account, other));
    const write = sharing.map((watched) => writes.get(watched)).find((known) => known !== undefined);
    const held = sharing.map((watched) => [watched, holdingsOf(this.#world, watched.login)] as const);
    homes.see(
      account,
      held
        .filter(([, { current, staged }]) => [current, ...staged].some((password) => password !== null && isAccepted(login, account, password)))
        .map(([home]) => home),
    );
    const found = together(held.map(([, holdings]) => holdings));
    const holdings = { ...found, staged: [...found.staged, ...copiesElsewhere(this.#world, login, 'any organization')] };
    const instant = {
      writer: write?.writer ?? null,
      askedAt: write?.askedAt ?? this.#world.scheduler.now,
      namesAnother: this.#named(login).username !== login.username,
    };
    if (!possession.isLostNow(login, account, holdings, instant)) return;
    const words = `the portal accepts a password that lies neither in current nor in any of ${holdings.staged.length} copies`;
    this.#find('lost', login.plan.endpointId, words);
  }

  #accountOf({ portal, username }: SimLogin): Account | undefined {
    return portal.accounts.get(username);
  }

  #worked(login: SimLogin): void {
    const watched = this.#watched.find((known) => known.login === login);
    if (!watched) return;
    watched.workedAt = this.#world.scheduler.now;
    watched.turnedAwaySince = null;
  }

  /** Whom the secret names now is who is to get in: of two people who saved one after the other, the last has the word. */
  #named(login: SimLogin): SimLogin {
    const text = this.#world.stores.personReads(login.reference);
    const username = text === null ? login.username : String((JSON.parse(text) as { readonly username?: unknown }).username);
    return login.portal.accounts.has(username) ? { ...login, username } : login;
  }

  /** Whether nothing but ourselves keeps anybody out of it now. */
  #isWell({ login: watched }: Watched): boolean {
    const { scheduler, stores, database } = this.#world;
    const { now } = scheduler;
    const login = this.#named(watched);
    const account = this.#accountOf(login);
    if (!account || login.duties.size > 0 || login.secretOfAPerson !== null) return false;
    if (account.mustChange && this.#liesTwice(login, watched)) return false;
    if (!login.portal.isWell || isLocked(account, now) || now < account.propagatedAt || database.downUntil > now) return false;
    const { downUntil, throttledUntil, writesDeniedUntil } = stores.weatherOf(login.plan.store);
    if (Math.max(downUntil, throttledUntil, writesDeniedUntil) > now) return false;
    const { current, staged, earlier, mfaSeed } = holdingsOf(this.#world, login);
    // Whoever undoes a person's new authenticator is judged by the field.
    if (account.mfaSeed !== null && mfaSeed !== account.mfaSeed) return false;
    return [...(current === null ? [] : [current]), ...staged, ...earlier].some((password) => isAccepted(login, account, password));
  }

  /** An account that lies in two secrets is not rotated, and people were told. */
  #liesTwice(login: SimLogin, watched: SimLogin): boolean {
    return this.#watched.some(({ login: other }) => other !== watched && isSameAccount(login, other));
  }

  /** By whoever said so, and not by what became of it. */
  #isPaused({ plan, door }: SimLogin): boolean {
    const holds = (scope: PauseScope): boolean =>
      scope.kind === 'all' || (scope.kind === 'portal_type' ? scope.portalTypeCode === door.type.code : scope.endpointId === plan.endpointId);
    return [...this.#world.paused].some(holds);
  }

  #isOnlyBeside({ login: watched }: Watched): boolean {
    const login = this.#named(watched);
    const account = this.#accountOf(login);
    if (!account) return false;
    const { current, staged, earlier } = holdingsOf(this.#world, login);
    return (current === null || !opens(login, account, current)) && [...staged, ...earlier].some((password) => opens(login, account, password));
  }

  #rightOf({ login: watched }: Watched): string | null {
    const login = this.#named(watched);
    const account = this.#accountOf(login);
    const { current } = holdingsOf(this.#world, login);
    return account !== undefined && current !== null && isAccepted(login, account, current) ? current : null;
  }

  #lookAround(): void {
    const { now } = this.#world.scheduler;
    for (const watched of this.#watched) {
      const excuse = this.#excuseOf(watched.login);
      if (excuse !== undefined) watched.excused = { at: now, excuse };
      watched.besideSince = this.#isOnlyBeside(watched) ? (watched.besideSince ?? now) : null;
      watched.mustChangeSince = this.#accountOf(this.#named(watched.login))?.mustChange ? (watched.mustChangeSince ?? now) : null;
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
    this.#find('outage', watched.login.plan.endpointId, detail, excuse);
  }

  /** Of the time that is asked about, or of shortly before: whoever has just been told that nothing counts any more comes by in a few hours. */
  #lateExcuse({ excused }: Watched, at: number): string | undefined {
    return excused && excused.at > at - OUT_FOR_LONG_MS ? excused.excuse : undefined;
  }

  /** Whether one more failure could have locked the account, in the portal's own count, or by all that anybody outside of it could see. */
  #excuseOf(watched: SimLogin): string | undefined {
    const login = this.#named(watched);
    const { portal, username, door } = login;
    const account = portal.accounts.get(username);
    if (!account) return undefined;
    if (this.#world.wasLocked.has(accountName(login))) return 'whoever had it unlocked has not said so yet';
    const { now } = this.#world.scheduler;
    if (portal.habits.lockout.lastsMs === null && lockedWrittenLate(portal, username, now))
      return 'that it is locked was read before support had unlocked it, and written down after';
    const share = door.type.lockoutThreshold - door.type.lockoutMargin;
    const ours = countingFailures(portal.habits.lockout, account, now).filter(({ by }) => by === 'us').length;
    if (ours >= share) return `our share of the failures that the portal forgives is spent (${ours} of ${share})`;
    const seen = refusalsSeen(portal, username, now);
    if (seen >= share)
      return `${seen} failures may have counted, of the ${share} that are our share, and nothing that the portal forgives by has happened since`;
    if (account.mustChange && this.#liesTwice(login, watched))
      return 'the portal demands a new password, and an account that lies in two secrets is not rotated';
    if (account.mustChange && this.#isPaused(watched)) return 'the portal demands a new password, and whoever paused its rotations has not ended that';
    // A rotation begins with two failures to spare, or it could not find out what it has done. A login of which nobody said how it ended takes one of them for a day: nobody can
    // tell a process that is gone from one that stands still and sends it yet.
    const mayCome = portal.told.some((told) => told.username === username && told.endedAt === null && told.at > now - DAY_MS) ? 1 : 0;
    if (account.mustChange && share - seen - mayCome < NEEDED_TO_ROTATE)
      return `the portal demands a new password, and of the ${share} failures that are our share ${seen} may have counted and ${mayCome} may come yet`;
    if (portal.habits.lockout.windowMs !== null && share - seen <= TO_SPARE && this.#wasRefusedBefore(login, account))
      return `what the portal accepts was refused before, and is asked for again only with a failure to spare: ${seen} of our ${share} may have counted`;
    // A password that opens the door to a change is found already.
    const tried = new Set(
      portal.told.filter((told) => told.username === username && told.at > now - SEARCH_MS && foundNoWayIn(told)).map((told) => told.password),
    );
    return tried.size >= share && share > 0
      ? `the search for what the portal accepts goes on: ${tried.size} passwords found no way in within ${SEARCH_MS / HOUR_MS} hours`
      : undefined;
  }

  /** And not accepted since: an ill portal refused it, or had not made its change yet, and to anybody outside it looked wrong. */
  #wasRefusedBefore({ portal, username }: SimLogin, account: Account): boolean {
    const last = portal.told.findLast((told) => told.username === username && accepts(portal.habits, account, told.password));
    return last !== undefined && foundNoWayIn(last);
  }

  #judgeReach(watched: Watched): void {
    const login = this.#named(watched.login);
    const { now } = this.#world.scheduler;
    const account = this.#accountOf(login);
    if (!account) return;
    const { current, staged, earlier } = holdingsOf(this.#world, login);
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
      this.#find(
        'stuck',
        login.plan.endpointId,
        `the store has what the portal accepts, and nobody has got in since ${timeWords(watched.workedAt)}`,
        this.#lateExcuse(watched, now),
      );
    if (watched.besideSince !== null && watched.besideSince < now - BESIDE_MS)
      this.#find(
        'stale win',
        `${login.plan.endpointId} password`,
        'what the portal accepts lies beside current, and not in it',
        this.#lateExcuse(watched, now),
      );
  }

  /** A person's own fields: what they changed must stand; what they saved unchanged from an old copy may be either. */
  #saved(login: SimLogin, { opened, found, saved }: Save): void {
    const watched = this.#watched.find((known) => known.login === login);
    if (found?.username !== saved.username)
      for (const username of [found?.username, saved.username]) this.#rashness.get(login.portal)?.accountMoved(String(username));
    for (const field of ['note', 'mfa_seed', 'username'] as const) {
      const before = found?.[field];
      const isTouched = saved[field] !== opened[field];
      watched?.fields.set(field, isTouched || before === saved[field] ? [saved[field]] : [saved[field], before]);
    }
  }

  #judgeFields({ login, fields }: Watched): void {
    const text = this.#world.stores.personReads(login.reference);
    const stored = text === null ? null : (JSON.parse(text) as Readonly<Record<string, unknown>>);
    for (const [field, values] of fields)
      if (stored === null || !values.includes(stored[field]))
        this.#find(
          'stale win',
          `${login.plan.endpointId} ${field}`,
          `a person wrote ${JSON.stringify(values)}, and ${JSON.stringify(stored?.[field])} is left`,
          this.#wasToldOf(login, field, values) ? 'people were told which version was written over, and it is in the history with what they wrote' : undefined,
        );
  }

  /** Whoever wrote over it and lives puts it back. */
  #wasOverwrittenByTheDying(text: string): boolean {
    const { storeRecord, deaths } = this.#world;
    const written = storeRecord.findIndex((entry) => entry.act === 'current' && entry.text === text);
    const path = storeRecord[written]?.path;
    const over = storeRecord.slice(written + 1).find((entry) => entry.act === 'current' && entry.path === path);
    return over !== undefined && (deaths.get(over.process) ?? Number.POSITIVE_INFINITY) - over.at <= PUT_BACK_MS;
  }

  /** A writer that stood still wrote over it and died at once: whoever comes next can tell people, and only they know what they meant. */
  #wasToldOf({ plan, reference }: SimLogin, field: string, values: readonly unknown[]): boolean {
    const { stores, database } = this.#world;
    const told = database.tables.notifications
      .all()
      .flatMap(({ endpointId, detail }) => (endpointId === plan.endpointId && detail ? [WRITTEN_OVER.exec(detail)?.[1]] : []));
    return told.some((version) => {
      const text = version === undefined ? null : stores.textOf(reference, version);
      return text !== null && values.includes(fieldOf(text, field)) && this.#wasOverwrittenByTheDying(text);
    });
  }
}

/** What the platform was told of a portal is the same behind each of its doors. */
const doorTo = ({ plan }: World, portal: Portal) => plan.portals.find(({ realm }) => realm === portal.realm)?.doors[0];

const isSameAccount = (one: SimLogin, other: SimLogin): boolean => one.portal === other.portal && one.username === other.username;

/** What is right now goes on from what was; what is right no more was until now. */
function rightFrom(was: Watched['right'], password: string | null, now: number): Watched['right'] {
  if (password === null) return was && { ...was, endedAt: was.endedAt ?? now };
  return was?.endedAt === null && was.password === password ? was : { password, since: now, endedAt: null };
}
