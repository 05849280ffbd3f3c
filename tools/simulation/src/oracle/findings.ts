import type { World } from '../world/world.ts';
import type { Finding, FindingKind } from './finding.ts';

/** What the oracle has found, in order; each is in the world's trace, too. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  add(kind: FindingKind, about: string, detail: string, excuse?: string): void {
    this.all.push({ kind, at: this.#world.scheduler.now, about, detail, ...(excuse === undefined ? {} : { excuse }) });
    this.#world.trace.add('THE ORACLE', `${kind}: ${about}: ${detail}`);
  }
}
