const RUNS = 3;

/**
 * Milliseconds of processor that this thread took for `work`, done so often that a coarse clock tells it: the least of several runs,
 * since a busy machine makes none of them shorter.
 */
export function processorMs(work: () => void, times: number): number {
  const runs = Array.from({ length: RUNS }, () => {
    const before = process.threadCpuUsage();
    for (let time = 0; time < times; time += 1) work();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000 / times;
  });
  return Math.min(...runs);
}

/** Watches how long the event loop is held: the most that this thread computes between two turns. What the machine does meanwhile does not count. */
export class HoldWatch {
  #longest = 0;
  #last = process.threadCpuUsage();
  readonly #timer = setInterval(() => this.#turn(), 1);

  #turn(): void {
    const { user, system } = process.threadCpuUsage(this.#last);
    this.#longest = Math.max(this.#longest, (user + system) / 1_000);
    this.#last = process.threadCpuUsage();
  }

  /** The longest hold since the last call, in ms. */
  longest(): number {
    this.#turn();
    const longest = this.#longest;
    this.#longest = 0;
    return longest;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
