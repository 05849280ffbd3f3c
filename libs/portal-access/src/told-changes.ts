import type { CredentialChange } from '@rcm/db';

export interface ToldChangesOptions {
  /** What the row of the endpoint says: the current version, `null` where there is no such endpoint with this secret, or no version. */
  readonly versionOf: (change: CredentialChange) => Promise<string | null>;
  /** It is true: the endpoint's credential has this version now. Once for each version. */
  readonly onTrue: (change: CredentialChange) => void;
  /** What was told could not be looked at: compare everything that is held. */
  readonly onMissed: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** More endpoints than one process holds credentials of; beyond it all that is held is compared at once, which costs less. */
const MOST_WAITING = 5_000;
const MOST_REMEMBERED = 10_000;

/**
 * Every login of the database can say that a credential has changed: a word is checked against the row before anything is given up for it, one at a
 * time, each endpoint once however often it is named. So whoever says what is not so, or says it again and again, costs a look and no login.
 */
export class ToldChanges {
  readonly #options: ToldChangesOptions;
  readonly #waiting = new Map<string, CredentialChange>();
  /** Insertion order is order of use. */
  readonly #known = new Map<string, string>();
  #looking: Promise<void> | null = null;

  constructor(options: ToldChangesOptions) {
    this.#options = options;
  }

  hear(change: CredentialChange): void {
    if (this.#waiting.size >= MOST_WAITING && !this.#waiting.has(change.endpointId)) {
      this.#waiting.clear();
      this.#options.onMissed(new Error(`More than ${MOST_WAITING} changes of credentials were told at once.`));
      return;
    }
    this.#waiting.set(change.endpointId, change);
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
  }

  /** Resolves when nothing is being looked at. */
  async idle(): Promise<void> {
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { versionOf, onTrue, onMissed, signal } = this.#options;
    for (const [endpointId, change] of this.#waiting) {
      if (signal.aborted) return;
      this.#waiting.delete(endpointId);
      try {
        const version = await versionOf(change);
        if (version === null || this.#known.get(endpointId) === version) continue;
        this.#remember(endpointId, version);
        onTrue({ ...change, version });
      } catch (error) {
        if (!signal.aborted) onMissed(error);
      }
    }
  }

  #remember(endpointId: string, version: string): void {
    this.#known.delete(endpointId);
    this.#known.set(endpointId, version);
    const oldest = this.#known.size > MOST_REMEMBERED ? this.#known.keys().next().value : undefined;
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
