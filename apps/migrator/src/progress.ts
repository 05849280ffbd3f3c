/** Where progress goes: stderr, so that stdout holds the result alone. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  /** One more is done, of all so far this many without success. */
  step(failed: number): void;
  /** The last line. */
  end(): void;
}

export interface ProgressOptions {
  readonly stream: ProgressStream;
  /** What is being done, e.g. `apply`. */
  readonly what: string;
  readonly total: number;
  /** Milliseconds since some start; default `performance.now`. */
  readonly elapsed?: () => number;
}

const BAR_EVERY_MS = 80;
const LINE_EVERY_MS = 2_000;
const BAR_WIDTH = 30;

/** A bar on a terminal, a line every two seconds elsewhere. Counts only: nothing about an endpoint is written here. */
export function createProgress({ stream, what, total, elapsed = () => performance.now() }: ProgressOptions): Progress {
  const terminal = stream.isTTY === true;
  let [done, failed] = [0, 0];
  const startedAt = elapsed();
  let shownAt = Number.NEGATIVE_INFINITY;
  const show = () => {
    shownAt = elapsed();
    const now = { what, done, total, failed, seconds: (shownAt - startedAt) / 1000 };
    stream.write(terminal ? `\r${bar(what, done, total)} ${inWords(now)}` : `${what}: ${inWords(now)}\n`);
  };
  return {
    step(failedSoFar) {
      done += 1;
      failed = failedSoFar;
      if (elapsed() - shownAt >= (terminal ? BAR_EVERY_MS : LINE_EVERY_MS)) show();
    },
    end() {
      show();
      if (terminal) stream.write('\n');
    },
  };
}

interface Now {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  readonly seconds: number;
}

/** `312/2,000 · 2.93/s · 9 min left · 0 failed` */
function inWords({ done, total, failed, seconds }: Now): string {
  const rate = seconds > 0 ? done / seconds : 0;
  const left = rate > 0 && done < total ? timeLeft((total - done) / rate) : null;
  const counted = (count: number) => count.toLocaleString('en-US');
  return [`${counted(done)}/${counted(total)}`, `${rate.toFixed(2)}/s`, ...(left === null ? [] : [left]), `${counted(failed)} failed`].join(' · ');
}

const timeLeft = (seconds: number): string => (seconds < 90 ? `${Math.ceil(seconds)} s left` : `${Math.ceil(seconds / 60)} min left`);

function bar(what: string, done: number, total: number): string {
  const filled = total === 0 ? BAR_WIDTH : Math.min(BAR_WIDTH, Math.round((done / total) * BAR_WIDTH));
  return `${what.padEnd(8)} [${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
}
