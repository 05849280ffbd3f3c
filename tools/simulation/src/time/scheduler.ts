import type { Random } from './random.ts';

/** Virtual time begins here, in ms since 1970. */
export const BEGINNING = Date.UTC(2026, 0, 5);

/** Whose code something is, as the queue of time has to know it. */
export interface Owner {
  readonly isDead: boolean;
  readonly stoppedUntil: number;
  readonly random: Random;
  run(act: () => void): void;
}

export interface Scheduled {
  at: number;
  order: number;
  /** Whose code it is; `null`: the environment's own, which neither dies nor stops. */
  readonly owner: Owner | null;
  act: (() => void) | null;
}

/** Resolves when every promise job that could run has run: Node begins its next tick when none is left. */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
const realImmediate = setImmediate;
/** The same, and the real event loop turns, and finds nothing to choose from: what nobody has caught by then, Node says of its own accord. */
const turned = (): Promise<void> => new Promise((resolve) => realImmediate(resolve));
/** A turn costs more than most happenings do. */
const TURN_EVERY = 16;

/**
 * One queue for everything that happens, in the order of virtual time. Between two happenings all promise jobs run to their end, so that what
 * comes next depends on the queue alone. What belongs to a dead process never happens; what belongs to a stopped one waits for it.
 */
export class Scheduler {
  now = BEGINNING;
  /** Happenings so far. */
  count = 0;
  /** Called after each, when everything has settled. */
  afterEach: () => void = () => undefined;
  readonly #heap: Scheduled[] = [];
  #order = 0;

  /** `at`: not before now. What is due at the same moment happens in the order in which it was asked for. */
  at(at: number, owner: Owner | null, act: () => void): Scheduled {
    const scheduled = { at: Math.max(this.now, Math.ceil(at)), order: (this.#order += 1), owner, act };
    this.#push(scheduled);
    return scheduled;
  }

  in(ms: number, owner: Owner | null, act: () => void): Scheduled {
    return this.at(this.now + ms, owner, act);
  }

  cancel(scheduled: Scheduled): void {
    scheduled.act = null;
  }

  /**
   * Runs until nothing is left or the time is over; what is later stays in the queue. `false`: that took more than `most` happenings, and was given up:
   * somebody goes round without a pause, and virtual time would stand still before this ends.
   */
  async run(until: number, most = Number.POSITIVE_INFINITY): Promise<boolean> {
    await turned();
    for (let next = this.#heap[0]; next && next.at <= until; next = this.#heap[0]) {
      if (this.count >= most) return false;
      this.#pop();
      const { owner, act } = next;
      if (act === null || owner?.isDead) continue;
      if (owner && owner.stoppedUntil > next.at) {
        // At its awakening it finds everything at once, in an order that nobody promised.
        next.at = owner.stoppedUntil + owner.random.between(0, 3);
        next.order = this.#order += 1;
        this.#push(next);
        continue;
      }
      this.now = next.at;
      this.count += 1;
      next.act = null;
      if (owner) owner.run(act);
      else act();
      await (this.count % TURN_EVERY === 0 ? turned() : settled());
      this.afterEach();
    }
    this.now = Math.max(this.now, until);
    return true;
  }

  #push(scheduled: Scheduled): void {
    const heap = this.#heap;
    let place = heap.push(scheduled) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(scheduled, heap[parent] as Scheduled)) break;
      heap[place] = heap[parent] as Scheduled;
      place = parent;
    }
    heap[place] = scheduled;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Scheduled;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Scheduled, heap[child] as Scheduled)) child += 1;
      if (!isBefore(heap[child] as Scheduled, last)) break;
      heap[place] = heap[child] as Scheduled;
      place = child;
    }
    heap[place] = last;
  }
}

const isBefore = (a: Scheduled, b: Scheduled): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
