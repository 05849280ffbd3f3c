import { RcmError } from '@rcm/telemetry';
import type { ElementHandle } from 'playwright';
import type { Condition } from '../recipe/condition.ts';
import { hasCome, shownElement, stillStands, whichHold } from './conditions.ts';
import { troubleInWords } from './page-watch.ts';
import type { Tabs } from './tabs.ts';

/** An entry of a recipe's `outcomes`. */
export interface Worded {
  readonly when: Condition;
  readonly is: string;
}

/** Milliseconds that the words of an error page (status 500 and more) have to show before the status alone decides. */
const ERROR_PAGE_MS = 700;

/** Milliseconds for the rest of a page that shows an outcome already: what stands before it in the list may be further down. Some pages never come to their end. */
const REST_MS = 2_000;

/** Looks for the portal's words. First match wins, once the page is here to its end or has had its time. */
export interface OutcomeWatch<W extends Worded> {
  /** The first entry that holds now, `null` if none. Fails with `portal_unavailable` or `portal_unexpected` if the page is beyond showing any. */
  look(): Promise<W | null>;
  /** Called right before something is pressed: what already holds is no answer to it until the page has changed. */
  mark(): Promise<void>;
  /** What is waited for, in words for an error: names what held before the last press and has not changed since. */
  awaited(): string;
  /** From now on look for these. */
  expect(entries: readonly W[]): void;
}

export function createOutcomeWatch<W extends Worded>(watch: Tabs, first: readonly W[], restMs = REST_MS): OutcomeWatch<W> {
  let entries = first;
  /** What held before the press, with the element that showed it. */
  let stale = new Map<W, ElementHandle | null>();
  let documentsAtMark = 0;
  let troubleSince: number | null = null;

  async function look(): Promise<W | null> {
    const found = await firstOf(entries);
    if (!found) return failOnTrouble();
    const before = entries.slice(0, entries.indexOf(found));
    // Waited for here: to whoever looks, a page that shows an outcome must not be one that shows none.
    if (before.length > 0) await hasCome(watch.page, { ms: restMs });
    // The page may have been drawn while the list was gone through: what stands first in the list gets its second look.
    return (await firstOf(before)) ?? found;
  }

  async function firstOf(list: readonly W[]): Promise<W | null> {
    for (const [entry, held] of await whatHolds(list)) {
      if (!held) stale.delete(entry);
      else if (!(await isStale(entry))) return entry;
    }
    return null;
  }

  /** All at once: one way to the browser and back instead of one for each entry. */
  async function whatHolds(list: readonly W[]): Promise<readonly (readonly [W, boolean])[]> {
    const held = await whichHold(
      watch,
      list.map((entry) => entry.when),
    );
    return list.map((entry, index) => [entry, held[index] ?? false]);
  }

  async function isStale(entry: W): Promise<boolean> {
    if (!stale.has(entry)) return false;
    // A script may have drawn the same words again between two looks.
    const element = stale.get(entry);
    const same = element ? await stillStands(element) : watch.documents() === documentsAtMark;
    if (!same) stale.delete(entry);
    return same;
  }

  function failOnTrouble(): null {
    if (watch.gone()) throw new RcmError('portal_unexpected', 'The page crashed or was closed.');
    const trouble = watch.trouble();
    if (trouble === null) return (troubleSince = null);
    troubleSince ??= performance.now();
    if ('network' in trouble || performance.now() - troubleSince >= ERROR_PAGE_MS) throw new RcmError('portal_unavailable', `${troubleInWords(trouble)}.`);
    return null;
  }

  return {
    look,
    async mark() {
      documentsAtMark = watch.documents();
      stale = new Map();
      for (const [entry, held] of await whatHolds(entries)) if (held) stale.set(entry, await shownElement(watch, entry.when));
    },
    awaited() {
      const before = [...new Set([...stale.keys()].map((entry) => entry.is))].join(', ');
      return `An outcome that the recipe knows${before === '' ? '' : ` (${before} showed already before the last press, so it is no answer to it)`}`;
    },
    expect(next) {
      entries = next;
    },
  };
}
