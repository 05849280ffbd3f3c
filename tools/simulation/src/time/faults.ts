import { hashOf, Random } from './random.ts';
import type { SimProcess } from './sim-process.ts';

/**
 * What may happen to a process while one of its calls is on the way. `dies before`: nothing was sent; `dies after`: it was, and takes effect
 * all the same. `stops before`: SIGSTOP between the decision to send and the sending, so what was true then may not be any more.
 * `request lost` and `answer lost` look the same from inside.
 */
type FaultKind = 'dies before' | 'dies after' | 'stops before' | 'stops after' | 'request lost' | 'answer lost' | 'slow';

export interface Fault {
  readonly process: string;
  /** Which of the process's calls, from 0. */
  readonly crossing: number;
  readonly kind: FaultKind;
  /** For how long it is stopped, or how long the call takes, in ms. */
  readonly ms: number;
}

export interface FaultPlan {
  readonly seed: string;
  /** How many of a process's calls meet a fault, in [0, 1], where some of it hangs on them. */
  readonly rate: number;
  /** No fault begins after this time. */
  readonly until: number;
  /** These, and no others, whatever the rate: how a failure is told again with less. */
  readonly only?: readonly Fault[] | undefined;
}

const WEIGHTS: Readonly<Record<FaultKind, number>> = {
  'dies before': 3,
  'dies after': 3,
  'stops before': 3,
  'stops after': 4,
  'request lost': 3,
  'answer lost': 4,
  slow: 2,
};
/** How much hangs on a call. Most of all calls only ask whether there is anything to do; faults there show little, and would be most of all faults. */
export type Stake = 'little' | 'some' | 'much';
const OFTEN: Readonly<Record<Stake, number>> = { little: 0.1, some: 1, much: 3 };

/** A lease of the simulated environment lives a minute; a stop is for seconds, for minutes, or for most of a day. */
const STOP_MS = [5_000, 40_000_000] as const;
const SLOW_MS = [1_000, 9_000] as const;

/** Decides for each call whether it meets a fault. The decision depends on the seed, the process and the call's number, and on nothing else. */
export class Faults {
  readonly #plan: FaultPlan;
  readonly #only: ReadonlyMap<string, Fault> | null;
  /** Those that happened, in their order. */
  readonly met: Fault[] = [];

  constructor(plan: FaultPlan) {
    this.#plan = plan;
    this.#only = plan.only ? new Map(plan.only.map((fault) => [`${fault.process}#${fault.crossing}`, fault])) : null;
  }

  /** For the process's next call. */
  next(process: SimProcess, now: number, stake: Stake = 'some'): Fault | null {
    const crossing = (process.crossings += 1) - 1;
    if (now > this.#plan.until) return null;
    const place = `${process.name}#${crossing}`;
    const fault = this.#only ? (this.#only.get(place) ?? null) : this.#drawn(process.name, crossing, stake);
    if (fault) this.met.push(fault);
    return fault;
  }

  #drawn(process: string, crossing: number, stake: Stake): Fault | null {
    const place = `${process}#${crossing}`;
    if (hashOf(`${this.#plan.seed} fault ${place}`) / 2 ** 32 >= this.#plan.rate * OFTEN[stake]) return null;
    const random = new Random(`${this.#plan.seed} which ${place}`);
    const kind = random.weighted(WEIGHTS);
    const [least, most] = kind === 'slow' ? SLOW_MS : STOP_MS;
    return { process, crossing, kind, ms: random.span(least, most) };
  }
}
