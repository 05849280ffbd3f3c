import { Faults, type FaultPlan } from './faults.ts';
import { Outside } from './outside.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { type Role, SimProcess } from './sim-process.ts';
import { Trace } from './trace.ts';
import { installVirtualGlobals } from './virtual-globals.ts';

/** A scheduler with what every simulated process needs, for a test of one part. */
export class Inside {
  readonly scheduler = new Scheduler();
  readonly trace = new Trace(this.scheduler);
  readonly random: Random;
  readonly outside: Outside;
  readonly #seed: string;

  constructor(seed: string, faults: Partial<FaultPlan> = {}) {
    installVirtualGlobals();
    this.#seed = seed;
    this.random = new Random(seed);
    this.outside = new Outside(this.scheduler, new Faults({ seed, rate: 0, until: Number.POSITIVE_INFINITY, ...faults }), this.trace);
  }

  process(name: string, role: Role = 'rotator', clockOffMs = 0): SimProcess {
    return new SimProcess(this.scheduler, { name, role, random: new Random(`${this.#seed}/${name}`), clockOffMs });
  }

  /** Runs `act` as this process until it ends; fails where virtual time ran out first, as it does for whoever died. */
  async run<T>(process: SimProcess, act: () => Promise<T>, forMs = 86_400_000): Promise<T> {
    const ended: { result?: T; error?: Error; is: boolean } = { is: false };
    this.scheduler.in(0, process, () => {
      act().then(
        (result) => Object.assign(ended, { is: true, result }),
        (error: unknown) => Object.assign(ended, { is: true, error }),
      );
    });
    await this.scheduler.run(this.scheduler.now + forMs);
    if (!ended.is) throw new Error(`${process.name} did not end in time.`);
    if (ended.error !== undefined) throw ended.error;
    return ended.result as T;
  }
}
