import { readdirSync, readFileSync } from 'node:fs';
import { type ProcessorSeconds, TICKS_A_SECOND, timesOf } from './processor-seconds.ts';

/** How long a process may have worked unseen before it ended, in ms. Chromium's renderers end when they have nothing more to do. */
const EVERY_MS = 100;

/**
 * What a process and all that it starts use of processors, those that have ended among them. The kernel adds to a process only the times of children that it has waited for, and
 * Chromium ends without waiting for its renderers: whoever closes a browser would look as if it had used nothing. So each process is looked at until it is gone.
 */
export class ProcessorWatch implements Disposable {
  readonly #root: number;
  /** Ticks of each process that was ever seen, by id and when it began, since ids come again. */
  readonly #ticks = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(root: number) {
    this.#root = root;
    this.#timer = setInterval(() => this.#look(root), EVERY_MS);
    this.#timer.unref();
  }

  /** So far. */
  seconds(): ProcessorSeconds {
    this.#look(this.#root);
    const own = timesOf(this.#root)?.own ?? 0;
    let all = 0;
    for (const ticks of this.#ticks.values()) all += ticks;
    return { own, others: all / TICKS_A_SECOND - own };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(pid: number): void {
    const times = timesOf(pid);
    if (!times) return;
    this.#ticks.set(`${pid} ${times.begun}`, times.own * TICKS_A_SECOND);
    for (const child of childrenOf(pid)) this.#look(child);
  }
}

/** proc(5): a thread's children stand in its own folder. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' '))
      .filter((child) => child !== '')
      .map(Number);
  } catch {
    // It has ended, or one of its threads has, since it was listed; what it started is seen at the next look.
    return [];
  }
}
