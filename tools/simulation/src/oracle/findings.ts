import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';
import type { Finding, FindingKind } from './finding.ts';

/** What the oracle has found, in order; each is in the environment's trace, too. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #environment: SimulatedEnvironment;

  constructor(environment: SimulatedEnvironment) {
    this.#environment = environment;
  }

  add(kind: FindingKind, about: string, detail: string, excuse?: string): void {
    this.all.push({ kind, at: this.#environment.scheduler.now, about, detail, ...(excuse === undefined ? {} : { excuse }) });
    this.#environment.trace.add('THE ORACLE', `${kind}: ${about}: ${detail}`);
  }
}
