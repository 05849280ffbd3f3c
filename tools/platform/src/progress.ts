import { MultiBar, type SingleBar } from 'cli-progress';

/** How the run tells what it does. Everything goes to stderr: stdout belongs to the result. */
export interface Progress {
  /** A step is done or begins. */
  say(text: string): void;
  /** Something that is counted up to a total. The same name again moves the same bar. */
  count(name: string, done: number, total: number): void;
  /** Takes the bars away; afterwards plain lines. */
  end(): void;
}

/** Bars on a terminal, plain lines elsewhere. */
export const createProgress = (stream: NodeJS.WriteStream, startedAt: number): Progress => (stream.isTTY ? bars(stream, startedAt) : lines(stream, startedAt));

const elapsed = (startedAt: number): string => `${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;

/** A line for each fifth reached and for the end, not for each count. */
function lines(stream: NodeJS.WriteStream, startedAt: number): Progress {
  const reached = new Map<string, number>();
  const say = (text: string) => void stream.write(`${elapsed(startedAt)}  ${text}\n`);
  return {
    say,
    count(name, done, total) {
      const fifth = total === 0 ? 5 : Math.floor((5 * done) / total);
      if (fifth <= (reached.get(name) ?? 0)) return;
      reached.set(name, fifth);
      say(`${name}: ${done} of ${total}`);
    },
    end: () => reached.clear(),
  };
}

const NAME_WIDTH = 34;

function bars(stream: NodeJS.WriteStream, startedAt: number): Progress {
  const open = () =>
    new MultiBar({
      stream,
      clearOnComplete: false,
      hideCursor: true,
      forceRedraw: true,
      format: `{name} {bar} {value}/{total}`,
      barsize: 24,
      barCompleteChar: '=',
      barIncompleteChar: ' ',
    });
  let all: MultiBar | null = null;
  const shown = new Map<string, SingleBar>();
  return {
    say(text) {
      const line = `${elapsed(startedAt)}  ${text}\n`;
      if (all) all.log(line);
      else stream.write(line);
    },
    count(name, done, total) {
      all ??= open();
      const bar = shown.get(name) ?? all.create(total, 0, { name: name.padEnd(NAME_WIDTH) });
      shown.set(name, bar);
      bar.setTotal(total);
      bar.update(Math.min(done, total));
    },
    end() {
      all?.stop();
      all = null;
      shown.clear();
    },
  };
}
