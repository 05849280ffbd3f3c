import { readdirSync } from 'node:fs';
import { type Process, type ProcessorSeconds, timesOf } from './processor-seconds.ts';

/** How long a process may have worked unseen before it ended, in ms. Chromium's renderers end when they have nothing more to do. */
const EVERY_MS = 100;

interface Seen extends Process {
  /** Seconds that it had used when the watch began; a process that began later had used none. */
  readonly before: number;
}

/**
 * What a process and all that it starts use of processors while it is watched, those that have ended among them. The kernel adds to a process only the times of
 * children that it has waited for, and Chromium ends without waiting for its renderers: whoever closes a browser would look as if it had used nothing. So each
 * process is looked at until it is gone. A look reads the list of processes and the times of those that are watched or new: one that read the children of every
 * thread of six browsers took up to a fifth of a processor from those whom it measured.
 */
export class ProcessorWatch implements Disposable {
  readonly #root: number;
  /** Each process that was ever seen to be the root or below it, by id and when it began, since ids come again. */
  readonly #seen = new Map<string, Seen>();
  /** Of those that live: by id. */
  #watched: ReadonlyMap<number, Process> = new Map();
  /** Somebody else's, among those that live. */
  #others = new Set<number>();
  readonly #timer: NodeJS.Timeout;

  constructor(root: number) {
    this.#root = root;
    this.#look(true);
    this.#timer = setInterval(() => this.#look(false), EVERY_MS);
    this.#timer.unref();
  }

  /** Since the watch began. */
  seconds(): ProcessorSeconds {
    this.#look(false);
    let [own, all] = [0, 0];
    for (const [key, { own: used, before }] of this.#seen) {
      all += used - before;
      if (key.startsWith(`${this.#root} `)) own += used - before;
    }
    return { own, others: all - own };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(isFirst: boolean): void {
    const ids = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
    // One that is watched is told by when it began; a stranger's id that came again is taken for the stranger's, until it is gone from one list.
    this.#others = new Set(ids.filter((id) => this.#others.has(id)));
    const looked = new Map<number, Process>();
    for (const id of ids) {
      const times = this.#others.has(id) ? null : timesOf(id);
      if (times) looked.set(id, times);
    }
    this.#watched = new Map([...looked].filter(([id]) => this.#isWatched(id, looked)));
    for (const id of looked.keys()) if (!this.#watched.has(id)) this.#others.add(id);
    for (const [id, times] of this.#watched) {
      const key = `${id} ${times.begun}`;
      this.#seen.set(key, { ...times, before: this.#seen.get(key)?.before ?? (isFirst ? times.own : 0) });
    }
  }

  /** The root, what was watched at the look before, and whoever descends from them. */
  #isWatched(id: number, looked: ReadonlyMap<number, Process>): boolean {
    for (let at = id; ;) {
      const times = looked.get(at);
      if (!times) return false;
      if (at === this.#root || this.#watched.get(at)?.begun === times.begun) return true;
      at = times.parent;
    }
  }
}
