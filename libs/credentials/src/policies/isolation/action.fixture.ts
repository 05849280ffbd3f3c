import type { Clients } from './clients.fixture.ts';
import type { Place, Target } from './targets.fixture.ts';

/** One call that somebody may try on one tenant's secrets. */
export interface Action {
  readonly name: string;
  run(call: ActionCall): Promise<unknown>;
  /** Before the call, as an administrator without any guard: what the call will take away. */
  readonly prepare?: (call: ActionCall) => Promise<unknown>;
  /** After a call that went through, likewise: what it left. */
  readonly restore?: (call: ActionCall) => Promise<unknown>;
}

export interface ActionCall {
  readonly clients: Clients;
  readonly at: Target;
  /** Another tenant's than `at`'s. */
  readonly other: Target;
  /** A name that no other caller uses. */
  readonly own: string;
  /** Whom the caller serves; `at` where it serves nobody. */
  readonly caller: Place;
}
