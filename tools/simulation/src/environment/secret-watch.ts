import type { StoreEntry } from '../stores/store-model.ts';

/** Somebody who waits for what our processes do with a login's secret. */
interface Waiting {
  readonly endpointId: string;
  /** How many more times it must be reached for since then; `null`: until something becomes current. */
  left: number | null;
  readonly since: Since | null;
  hasBegun: boolean;
  readonly tell: () => void;
}

type Since = 'copy' | 'change';

/** Tells people, who are about to do something with a secret, of the moment at which a rotation does. */
export class SecretWatch {
  #waiting: Waiting[] = [];

  /** Until a rotation has staged a copy, or sent its change, and then reached for the secret so many times. */
  reached(endpointId: string, { since, reach }: { readonly since: Since; readonly reach: number }): Promise<void> {
    return new Promise((tell) => this.#waiting.push({ endpointId, left: reach, since, hasBegun: false, tell }));
  }

  /** Until a process of ours has made something current. */
  promoted(endpointId: string): Promise<void> {
    return new Promise((tell) => this.#waiting.push({ endpointId, left: null, since: null, hasBegun: false, tell }));
  }

  onCall(path: string, { by }: Pick<StoreEntry, 'by'>): void {
    if (by !== 'rotator' || this.#waiting.length === 0) return;
    for (const waiting of this.#of(path)) {
      if (!waiting.hasBegun || waiting.left === null) continue;
      waiting.left -= 1;
      if (waiting.left === 0) this.#end(waiting);
    }
  }

  onWrite({ path, act, by }: StoreEntry): void {
    if (by !== 'rotator' || this.#waiting.length === 0) return;
    for (const waiting of this.#of(path)) {
      if (act === 'staged' && waiting.since === 'copy') waiting.hasBegun = true;
      if (act === 'current' && waiting.left === null) this.#end(waiting);
    }
  }

  /** A change is on its way to the portal. */
  onChange(endpointId: string): void {
    for (const waiting of this.#waiting) if (waiting.endpointId === endpointId && waiting.since === 'change') waiting.hasBegun = true;
  }

  #of(path: string): readonly Waiting[] {
    return this.#waiting.filter(({ endpointId }) => path.includes(`/${endpointId}/`));
  }

  #end(ended: Waiting): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== ended);
    ended.tell();
  }
}
