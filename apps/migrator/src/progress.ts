/** Where progress goes: stderr, so that stdout holds the result alone. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  /** One more is done. */
  step(): void;
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
  let done = 0;
  let shownAt = Number.NEGATIVE_INFINITY;
  const show = () => {
    shownAt = elapsed();
    stream.write(terminal ? `\r${bar(what, done, total)}` : `${what}: ${done} of ${total}\n`);
  };
  return {
    step() {
      done += 1;
      if (elapsed() - shownAt >= (terminal ? BAR_EVERY_MS : LINE_EVERY_MS)) show();
    },
    end() {
      show();
      if (terminal) stream.write('\n');
    },
  };
}

function bar(what: string, done: number, total: number): string {
  const filled = total === 0 ? BAR_WIDTH : Math.min(BAR_WIDTH, Math.round((done / total) * BAR_WIDTH));
  return `${what.padEnd(8)} [${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${done}/${total}`;
}
