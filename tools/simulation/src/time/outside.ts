import type { Fault, Faults, Stake } from './faults.ts';
import type { Scheduler } from './scheduler.ts';
import { currentProcess, type SimProcess } from './sim-process.ts';
import type { Trace } from './trace.ts';

/** One call that leaves a process. */
export interface Call<T> {
  readonly place: 'database' | 'store' | 'portal';
  /** For the trace. */
  readonly what: string;
  /** All of it, or an error and nothing: decided at one moment, on the other side. */
  effect(): T;
  /** What the caller is told where its request or the answer was lost. */
  lost(): Error;
  /** Each way takes this long at most, in ms. */
  readonly travelMs: number;
  /** Default: `some`. */
  readonly stake?: Stake;
}

/** How long a caller waits for an answer that does not come, in ms, where it has no shorter deadline of its own. */
const LOST_AFTER_MS = 9_500;

/** The one way out of a simulated process: everything that reaches a database, a store or a portal passes here, and may meet a fault. */
export class Outside {
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #trace: Trace;
  /** Told of a process that has just died. */
  onDeath: (process: SimProcess) => void = () => undefined;

  constructor(scheduler: Scheduler, faults: Faults, trace: Trace) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#trace = trace;
  }

  call<T>(call: Call<T>): Promise<T> {
    const process = currentProcess();
    if (!process) throw new Error(`${call.what} was called by nobody.`);
    // Whoever is dead in the middle of its own code goes no further.
    if (process.isDead) return new Promise<T>(() => undefined);
    const fault = this.#faults.next(process, this.#scheduler.now, call.stake);
    if (fault && fault.kind !== 'slow') process.hurts.push(this.#scheduler.now);
    if (fault) this.#trace.add(process.name, `${faultWords(fault)} at ${call.place} ${call.what}`);
    return new Promise((resolve, reject) => {
      if (fault?.kind === 'dies before') return void this.#die(process);
      if (fault?.kind === 'stops before' || fault?.kind === 'stops after') process.stop(fault.ms);
      const sentIn = fault?.kind === 'stops before' ? fault.ms : 0;
      const travels = process.random.between(1, call.travelMs) + (fault?.kind === 'slow' ? fault.ms : 0);
      const answered = (act: () => void, afterMs: number) => this.#scheduler.in(afterMs, process, act);
      if (fault?.kind === 'request lost') return void answered(() => reject(call.lost()), LOST_AFTER_MS);
      const arrives = (): void => {
        let answer: () => void;
        try {
          const result = call.effect();
          answer = () => resolve(result);
          this.#trace.add(process.name, `${call.place} ${call.what}`);
        } catch (thrown) {
          const error = thrown as Error;
          answer = () => reject(error);
          this.#trace.add(process.name, `${call.place} ${call.what} fails: ${error.message}`);
        }
        if (fault?.kind === 'answer lost') answered(() => reject(call.lost()), LOST_AFTER_MS);
        else answered(answer, process.random.between(1, call.travelMs));
      };
      // One that is killed while it stands still before the sending has sent nothing: the scheduler leaves out what a dead process was to do.
      if (sentIn > 0) this.#scheduler.in(sentIn, process, () => void this.#scheduler.in(travels, null, arrives));
      else this.#scheduler.in(travels, null, arrives);
      if (fault?.kind === 'dies after') this.#die(process);
    });
  }

  #die(process: SimProcess): void {
    process.kill();
    this.onDeath(process);
  }
}

function faultWords({ kind, ms }: Fault): string {
  if (kind === 'stops before' || kind === 'stops after') return `${kind} sending, for ${Math.round(ms / 1000)} s,`;
  if (kind === 'dies before' || kind === 'dies after') return `${kind} sending,`;
  return kind === 'slow' ? `takes ${ms} ms more` : kind;
}
