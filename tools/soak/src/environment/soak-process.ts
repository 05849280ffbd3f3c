import { type ChildProcess, spawn } from 'node:child_process';
import { endChild, lastWordsOf } from '@rcm/test-services';

/** A process that ends at once, again and again, is not started a hundred times a second. */
const RESTART_PAUSE_MS = 500;

export interface SoakProcessOptions {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Told when the process ended although nobody asked it to, with its last words. */
  readonly onUnexpectedEnd: (words: string) => void;
}

/** An app as a process that is always there: killed or dead, it is started again at once. */
export class SoakProcess {
  readonly #options: SoakProcessOptions;
  #child: ChildProcess;
  #stopping = false;
  #killed = false;

  constructor(options: SoakProcessOptions) {
    this.#options = options;
    this.#child = this.#start();
  }

  /** SIGKILL, now. Whatever it was doing stays as it is. */
  kill(): void {
    // One that is gone already, and about to be started again, has not been killed by us: its next end is not expected.
    this.#killed = this.#child.kill('SIGKILL');
  }

  /** Asks the process to end, and ends it after `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    await endChild(this.#child, withinMs);
  }

  #start(): ChildProcess {
    const child = spawn(process.execPath, ['--disable-sigusr1', this.#options.program, 'run'], {
      env: this.#options.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = lastWordsOf(child);
    child.once('exit', () => {
      if (this.#stopping) return;
      if (!this.#killed) this.#options.onUnexpectedEnd(said());
      this.#killed = false;
      setTimeout(() => {
        if (!this.#stopping) this.#child = this.#start();
      }, RESTART_PAUSE_MS);
    });
    return child;
  }
}
