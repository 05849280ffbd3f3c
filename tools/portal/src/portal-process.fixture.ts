import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const MAIN = join(import.meta.dirname, 'main.ts');
/** Milliseconds that a test waits for words; generous, for machines that are busy. */
const WAIT_MS = 60_000;

/** A run of the command line as a process of its own, and its words so far. */
export class PortalProcess {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #exit: Promise<unknown[]>;
  static readonly #started = new Set<PortalProcess>();

  private constructor(child: ChildProcess) {
    this.child = child;
    this.#exit = once(child, 'close');
    PortalProcess.#started.add(this);
    child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  /** Without a terminal: what standard input holds is given at once. */
  static piped(args: readonly string[], stdin = ''): PortalProcess {
    const run = new PortalProcess(spawn(process.execPath, [MAIN, ...args]));
    run.child.stdin?.on('error', () => undefined);
    run.child.stdin?.end(stdin);
    return run;
  }

  /** At a terminal of its own; everything it shows comes as `stdout`. */
  static atTerminal(args: readonly string[]): PortalProcess {
    const quoted = [process.execPath, MAIN, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    return new PortalProcess(spawn('script', ['--quiet', '--return', '--flush', '--command', quoted, '/dev/null']));
  }

  /** Ends what a failed test left running. */
  static async endAll(): Promise<void> {
    for (const run of PortalProcess.#started) {
      if (run.child.exitCode === null) run.child.kill('SIGKILL');
      await run.ended();
    }
    PortalProcess.#started.clear();
  }

  /** Waits until it has shown these words. */
  async shows(words: string): Promise<void> {
    const until = performance.now() + WAIT_MS;
    while (!this.#said().includes(words)) {
      if (this.child.exitCode !== null || performance.now() > until) throw new Error(`"${words}" was not said: ${this.#said()}`);
      await pause(20);
    }
  }

  /** Types at the terminal, once the words are there. */
  async answers(question: string, keys: string): Promise<void> {
    await this.shows(question);
    this.child.stdin?.write(keys);
  }

  /** Waits for its end: the exit code. */
  async ended(): Promise<number | null> {
    const [code] = (await this.#exit) as [number | null];
    return code;
  }

  #said = (): string => this.stdout + this.stderr;
}
