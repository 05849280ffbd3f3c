import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Order, OrderEnd } from './order.ts';

/** How an order ended: with an answer, with the process's own end, or not yet when its time was over. */
export type Outcome =
  | { readonly kind: 'answered'; readonly end: OrderEnd }
  | { readonly kind: 'late' }
  | { readonly kind: 'exited'; readonly signal: NodeJS.Signals | null; readonly code: number | null };

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const LAST_WORDS = 4_000;

/** A rotator as a process of its own; several orders may be under way in one that is not to die. */
export class RotatorProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  #said = '';

  constructor(environment: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [MAIN], { env: environment, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#said = (this.#said + text).slice(-LAST_WORDS)));
    this.#child.on('message', (end: OrderEnd) => this.#settle(end.endpointId, { kind: 'answered', end }));
    this.#child.once('exit', (code, signal) => {
      for (const endpointId of [...this.#waiting.keys()]) this.#settle(endpointId, { kind: 'exited', code, signal });
    });
    // A process that could not be started has no exit; a message that meets a process that has just died is answered by its exit.
    this.#child.on('error', () => this.#child.pid === undefined && this.#child.emit('exit', null, null));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The end of what it wrote to stderr, for a person who looks for the reason. */
  get said(): string {
    return this.#said;
  }

  /** Resolves when the order is carried out, the process is gone, or the deadline has passed. */
  order(order: Order, deadlineMs: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(order.endpointId, { kind: 'late' }), deadlineMs);
      this.#waiting.set(order.endpointId, (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
      if (!this.#child.connected) return void this.#settle(order.endpointId, { kind: 'exited', code: this.#child.exitCode, signal: this.#child.signalCode });
      this.#child.send(order, () => undefined);
    });
  }

  /** Whether the system has it stopped, as SIGSTOP does. */
  async isStopped(): Promise<boolean> {
    const line = await readFile(`/proc/${this.pid}/stat`, 'utf8').catch(() => '');
    // The state comes right after the name, which is in brackets and may hold anything.
    return line.slice(line.lastIndexOf(')') + 2).startsWith('T');
  }

  continue(): void {
    this.#child.kill('SIGCONT');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Lets the process end by itself: it closes its browser and its connections. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.connected) this.#child.disconnect();
    await gone;
  }

  #settle(endpointId: string, outcome: Outcome): void {
    this.#waiting.get(endpointId)?.(outcome);
    this.#waiting.delete(endpointId);
  }
}
