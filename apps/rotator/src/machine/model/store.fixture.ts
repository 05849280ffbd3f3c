import { parsePayload, rotationOf, type SecretStore, type StoredSecret } from '@rcm/credentials';
import { RcmError, Secret } from '@rcm/telemetry';
import type { ModelWorld } from './world.fixture.ts';

/** A store with check-and-set, as Secrets Manager and Vault are: versions are numbers as text. */
export class ModelStore {
  readonly #world: ModelWorld;
  #versions: string[] = [];
  readonly #staged = new Map<string, string>();
  /** So many calls fail before it is well again. */
  failsFor = 0;

  constructor(world: ModelWorld, first: string) {
    this.#world = world;
    this.#versions = [first];
  }

  get version(): string {
    return String(this.#versions.length);
  }

  get current(): string {
    return this.#versions.at(-1) ?? '';
  }

  write(text: string): void {
    this.#versions.push(text);
  }

  get stagedIds(): string[] {
    return [...this.#staged.keys()];
  }

  passwords(): string[] {
    return [this.current, ...this.#staged.values()].map((text) => parsePayload(new Secret(text)).reveal().password);
  }

  asStore(): SecretStore {
    const call = <T>(effect: () => T): Promise<T> =>
      Promise.resolve().then(() => {
        if (this.failsFor > 0) {
          this.failsFor -= 1;
          this.#world.step();
          throw new RcmError('store_unavailable', 'The store is down.');
        }
        return this.#world.act(effect);
      });
    const stored = (text: string | undefined, version: string): StoredSecret | null => (text === undefined ? null : { text: new Secret(text), version });
    const overwrite = (text: string, base: string): { readonly version: string } => {
      if (this.version !== base) throw new RcmError('store_conflict', `not ${base} any more`);
      this.write(text);
      return { version: this.version };
    };
    const unused = () => Promise.reject(new Error('the rotator does not do that'));
    return {
      batchSize: 1,
      readMany: unused,
      readVersion: unused,
      create: unused,
      read: () => call(() => stored(this.current, this.version)),
      replace: (_reference, text, base) => call(() => (this.current === text.reveal() ? { version: this.version } : overwrite(text.reveal(), base))),
      stage: ({ attemptId }, text) =>
        call(() => {
          const adopted = this.#staged.has(attemptId);
          if (!adopted) this.#staged.set(attemptId, text.reveal());
          return { text: new Secret(this.#staged.get(attemptId) ?? ''), adopted };
        }),
      readStaged: ({ attemptId }) => call(() => stored(this.#staged.get(attemptId), '1')),
      listStaged: () => call(() => [...this.#staged.keys()].reverse()),
      rehearse: ({ attemptId }, base) =>
        call(() => {
          if (!this.#staged.has(attemptId)) throw new RcmError('secret_missing', 'nothing is staged');
          if (this.version !== base) throw new RcmError('store_conflict', `not ${base} any more`);
          return { overwritten: null };
        }),
      promote: ({ attemptId }, base) =>
        call(() => {
          if (rotationOf(new Secret(this.current)).attemptId === attemptId) return { version: this.version };
          if (this.version !== base) throw new RcmError('store_conflict', `not ${base} any more`);
          const text = this.#staged.get(attemptId);
          if (text === undefined) throw new RcmError('secret_missing', 'nothing is staged');
          return overwrite(text, base);
        }),
      discard: ({ attemptId }) => call(() => void this.#staged.delete(attemptId)),
    };
  }
}
