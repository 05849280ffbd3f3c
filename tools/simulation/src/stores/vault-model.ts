import type { VaultCalls, VaultSecret } from '@rcm/credentials/stores-on-calls';
import { Secret } from '@rcm/telemetry';
import { type Caller, isStaged, StoreModel, type StoreModelOptions } from './store-model.ts';

interface Key {
  readonly current: number;
  /** The newest last; ten are kept where nobody says otherwise. */
  readonly versions: readonly { readonly number: number; readonly text: string | null }[];
}

const VERSIONS_KEPT = 10;

/** KV v2 at the level of the product's calls: every write compares and sets; what is deleted softly still counts as the latest version. Its reads are never behind. */
export class VaultModel extends StoreModel<Key> {
  constructor(options: Omit<StoreModelOptions, 'staleMs'>) {
    super('vault', { ...options, staleMs: 0 });
  }

  /** `base` `null`: whatever is there. The new version, or `null` where another one is the latest. */
  write(path: string, text: string, base: number | null): number | null {
    const key = this.stateOf(path);
    if (base !== null && base !== (key?.current ?? 0)) return null;
    const number = (key?.current ?? 0) + 1;
    this.keep(path, { current: number, versions: [...(key?.versions ?? []), { number, text }].slice(-VERSIONS_KEPT) });
    this.note({ path, act: isStaged(path) ? 'staged' : 'current', text });
    return number;
  }

  override textsOf(path: string): readonly string[] {
    return [...(this.stateOf(path)?.versions ?? [])].reverse().flatMap(({ text }) => (text === null ? [] : [text]));
  }

  textOf(path: string, version: string): string | null {
    return this.stateOf(path)?.versions.find(({ number }) => String(number) === version)?.text ?? null;
  }

  currentVersion(path: string): string | null {
    const number = this.stateOf(path)?.current;
    return number === undefined ? null : String(number);
  }

  callsFor(caller: Caller): VaultCalls {
    return {
      get: (path, options, version) =>
        this.call(caller, { what: version === undefined ? 'get' : `get version ${version}`, path, kind: 'read', signal: options?.signal }, (): VaultSecret => {
          const key = this.seen(path);
          const found = key?.versions.find(({ number }) => number === (version ?? key.current));
          return found ? { text: found.text === null ? null : new Secret(found.text), version: found.number } : { text: null, version: 0 };
        }),
      write: (path, text, base, options) =>
        this.call(caller, { what: 'write', path, kind: 'write', signal: options?.signal }, () => {
          const version = this.write(path, text.reveal(), base);
          return version === null ? null : { version };
        }),
      label: (path, _tags, options) => this.call(caller, { what: 'label', path, kind: 'write', signal: options?.signal }, () => undefined),
      list: (path, options) =>
        this.call(caller, { what: 'list', path: `${path}/`, kind: 'read', signal: options?.signal }, () =>
          this.pathsBelow(path)
            .filter((below) => this.seen(below) !== null)
            .map((below) => below.slice(path.length + 1))
            .sort(),
        ),
      capabilities: (path, options) =>
        this.call(caller, { what: 'capabilities', path, kind: 'read', signal: options?.signal }, () =>
          this.mayWrite(caller) ? ['create', 'read', 'update', 'delete'] : ['read'],
        ),
      remove: (path, options) => this.call(caller, { what: 'remove', path, kind: 'write', signal: options?.signal }, () => this.remove(path)),
    };
  }
}
