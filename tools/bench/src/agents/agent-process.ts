import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '..', '..', '..', '..', 'apps', 'web-agent', 'src', 'main.ts');
const LAST_WORDS = 2_000;
/** Longer than an agent drains. */
const STOP_MS = 90_000;

/** A web-agent as it is deployed: a process of its own that takes tasks until it is told to end. */
export class AgentProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  #said = '';

  constructor(environment: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, ['--disable-sigusr1', PROGRAM, 'run'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#said = (this.#said + text).slice(-LAST_WORDS)));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Throws, with its last words, where it has ended. */
  check(): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error(`The web-agent has ended: ${this.#said}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
    clearTimeout(timer);
  }
}
