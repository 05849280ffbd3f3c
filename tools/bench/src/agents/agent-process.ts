import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { endChild, hasEnded, lastWordsOf } from '@rcm/test-services';

const PROGRAM = join(import.meta.dirname, '..', '..', '..', '..', 'apps', 'web-agent', 'src', 'main.ts');
/** Longer than an agent drains. */
const STOP_MS = 90_000;

/** A web-agent as it is deployed: a process of its own that takes tasks until it is told to end. */
export class AgentProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #said: () => string;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, ['--disable-sigusr1', PROGRAM, 'run'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#said = lastWordsOf(this.#child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Throws, with its last words, where it has ended. */
  check(): void {
    if (hasEnded(this.#child)) throw new Error(`The web-agent has ended: ${this.#said()}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return endChild(this.#child, STOP_MS);
  }
}
