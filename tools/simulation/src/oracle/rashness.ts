import type { Portal } from '../portal/portal.ts';
import type { PortalEntry } from '../portal/record.ts';
import { TOLD_WITHIN_MS } from './refusals-seen.ts';

/** A code is asked for behind the right password alone. */
const SHOWS: ReadonlySet<PortalEntry['ended']> = new Set(['accepted', 'must change', 'wrong code', 'no code']);
/** What a process had written down so long before it acted, a database that fails over may have forgotten. */
const WRITTEN_WITHIN_MS = 120_000;
/** A code is good for half a minute, and for as long before and after it. */
const CODE_LIVES_MS = 300_000;
/** Who was told that an account is locked has written it down by then. */
const NOTED_AFTER_MS = 120_000;

export interface RashnessOptions {
  readonly portal: Portal;
  /** The time that the platform was told to give the portal after a change, in ms. */
  readonly propagationDelayMs: number;
  /** Whether a database of ours failed over between the two times, and may have forgotten what was known then. */
  readonly mayHaveForgotten: (from: number, to: number) => boolean;
}

interface Change {
  readonly process: string;
  readonly askedAt: number;
  readonly isUnclear: boolean;
}

/** One account's past, as far as the rules ask for it. */
interface Past {
  /** The newest login of each process of ours. */
  readonly logins: Map<string, number>;
  /** The one that we asked for last. */
  change: Change | null;
  /** When the newest login of a rotator or an operator was asked for that shows which password holds. */
  shownAt: number;
  lockedAt: number | null;
  readonly codes: Map<string, number>;
}

/**
 * Tries of ours that nobody makes who knows what has been done before: each rule is one that docs/rotation.md promises, read off the portal's record. A failure more
 * hurts only sometimes, and what it costs can look like bad luck; that it was made at all can be seen at once.
 */
export class Rashness {
  readonly #options: RashnessOptions;
  readonly #pasts = new Map<string, Past>();

  constructor(options: RashnessOptions) {
    this.#options = options;
  }

  /** In what way this entry, the record's newest, was rash; `null`: it was not. */
  judge(entry: PortalEntry): string | null {
    const past = this.#pastOf(entry.username);
    if (entry.act === 'locked') past.lockedAt = entry.at;
    if (entry.act === 'support') past.lockedAt = null;
    if (entry.by === 'person' || entry.by === 'portal') return null;
    if (entry.act === 'change') return this.#change(past, entry);
    return entry.act === 'login' ? this.#login(past, entry) : null;
  }

  /** A person has put another account into the secret, this one or instead of this one: a rotation of it ends with what it knows. */
  accountMoved(username: string): void {
    this.#pastOf(username).change = null;
  }

  #pastOf(username: string): Past {
    const known = this.#pasts.get(username) ?? { logins: new Map(), change: null, shownAt: Number.NEGATIVE_INFINITY, lockedAt: null, codes: new Map() };
    this.#pasts.set(username, known);
    return known;
  }

  #login(past: Past, entry: PortalEntry): string | null {
    const words = this.#duringChange(past, entry) ?? this.#codeAgain(past, entry) ?? this.#atLocked(past, entry);
    past.logins.set(entry.process, entry.askedAt);
    if (SHOWS.has(entry.ended) && entry.by !== 'agent') past.shownAt = Math.max(past.shownAt, entry.askedAt);
    return words;
  }

  #duringChange({ change, shownAt }: Past, { by, askedAt }: PortalEntry): string | null {
    if (!change || askedAt <= change.askedAt || shownAt > change.askedAt) return null;
    const { mayHaveForgotten, propagationDelayMs } = this.#options;
    if (mayHaveForgotten(change.askedAt - WRITTEN_WITHIN_MS, change.askedAt + WRITTEN_WITHIN_MS) || mayHaveForgotten(askedAt - WRITTEN_WITHIN_MS, askedAt))
      return null;
    if (by === 'agent') return 'an agent logs in while nobody knows which password holds after a change';
    const isTooEarly = change.isUnclear && askedAt < change.askedAt + propagationDelayMs;
    return isTooEarly ? 'the portal said nothing clear of a change, and is asked before it has had its time' : null;
  }

  #codeAgain({ codes }: Past, { code, askedAt, at, process }: PortalEntry): string | null {
    if (code === null) return null;
    const usedAt = codes.get(code);
    codes.set(code, at);
    // There are a million codes: one of another day comes again by chance.
    if (usedAt === undefined || usedAt < askedAt - CODE_LIVES_MS || this.#options.mayHaveForgotten(usedAt - WRITTEN_WITHIN_MS, askedAt)) return null;
    return `${process} types a one-time code that had been typed before`;
  }

  /** Where the page says that the account is locked, and somebody of ours has read it there. */
  #atLocked({ lockedAt }: Past, { ended, username, askedAt, by }: PortalEntry): string | null {
    const { portal } = this.#options;
    if (ended !== 'at locked' || lockedAt === null || by === 'operator') return null;
    const isKnown = portal.told.some(
      ({ username: whose, at, outcome, process }) =>
        whose === username &&
        outcome === 'locked' &&
        at >= lockedAt &&
        at < askedAt - NOTED_AFTER_MS &&
        !process?.hurts.some((hurt) => hurt >= at && hurt < at + TOLD_WITHIN_MS),
    );
    return isKnown ? 'the portal had said that the account is locked, and is asked again while it is' : null;
  }

  #change(past: Past, { process, askedAt, said }: PortalEntry): string | null {
    const loggedInAt = past.logins.get(process) ?? askedAt;
    const other = [...past.logins].find(([name, at]) => name !== process && at > loggedInAt && at < askedAt);
    // What was on its way for long may come after what was asked for later.
    if (past.change === null || past.change.askedAt < askedAt) past.change = { process, askedAt, isUnclear: said !== 'changed' };
    if (!other || this.#options.mayHaveForgotten(loggedInAt - WRITTEN_WITHIN_MS, askedAt)) return null;
    return `${other[0]} logs in between ${process}'s own login and its change`;
  }
}
