import type { CallOptions, SsmCalls, StoredSecret } from '@rcm/credentials/stores-on-calls';
import { RcmError, Secret } from '@rcm/telemetry';
import { type Caller, isStaged, StoreModel, type StoreModelOptions } from './store-model.ts';

interface Version {
  readonly number: number;
  readonly text: string;
}

interface Parameter {
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** The newest last. */
  readonly versions: readonly Version[];
}

/** Of one parameter. */
const VERSIONS_KEPT = 100;

/**
 * Parameter Store at the level of the product's calls: overwrites without looking, numbers its versions, keeps a hundred, and counts from 1 again
 * where a parameter was deleted and made anew. Reads may be behind.
 */
export class SsmModel extends StoreModel<Parameter> {
  constructor(options: StoreModelOptions) {
    super('ssm', options);
  }

  /** PutParameter. `null`: the name is taken. */
  put(name: string, text: string, { overwrite }: { readonly overwrite: boolean }): number | null {
    const present = this.stateOf(name);
    if (present && !overwrite) return null;
    const number = (present?.versions.at(-1)?.number ?? 0) + 1;
    const versions = [...(present?.versions ?? []), { number, text }].slice(-VERSIONS_KEPT);
    this.keep(name, { createdAt: present?.createdAt ?? this.now, modifiedAt: this.now, versions });
    this.note({ path: name, act: isStaged(name) ? 'staged' : 'current', text });
    return number;
  }

  override textsOf(name: string): readonly string[] {
    return (this.stateOf(name)?.versions ?? []).map(({ text }) => text).reverse();
  }

  textOf(name: string, version: string): string | null {
    return this.stateOf(name)?.versions.find(({ number }) => String(number) === version)?.text ?? null;
  }

  currentVersion(name: string): string | null {
    const number = this.stateOf(name)?.versions.at(-1)?.number;
    return number === undefined ? null : String(number);
  }

  callsFor(caller: Caller): SsmCalls {
    const read = (what: string, name: string, options: CallOptions | undefined, pick: (parameter: Parameter) => Version | undefined) =>
      this.call(caller, { what, path: name, kind: 'read', signal: options?.signal }, (): StoredSecret | null => {
        const parameter = this.seen(name);
        const version = parameter ? pick(parameter) : undefined;
        return version ? stored(version) : null;
      });
    return {
      get: (name, options) => read('get', name, options, (parameter) => parameter.versions.at(-1)),
      getVersion: (name, number, options) => read(`get version ${number}`, name, options, (parameter) => parameter.versions.find((v) => v.number === number)),
      getMany: (names, options) =>
        this.call(caller, { what: `get ${names.length}`, path: names[0] ?? '', kind: 'read', signal: options?.signal }, () => {
          const found = names.map((name) => [name, this.seen(name)?.versions.at(-1)] as const);
          return new Map(found.flatMap(([name, version]) => (version ? [[name, stored(version)] as const] : [])));
        }),
      list: (path, options) =>
        this.call(caller, { what: 'list', path: `${path}/`, kind: 'read', signal: options?.signal }, () => {
          const found = this.pathsBelow(path).flatMap((name) => {
            const parameter = this.seen(name);
            return parameter ? [{ name, at: parameter.modifiedAt }] : [];
          });
          return found.sort((a, b) => b.at - a.at).map(({ name }) => name.slice(path.length + 1));
        }),
      create: (name, { text }, options) =>
        this.call(caller, { what: 'create', path: name, kind: 'write', signal: options?.signal }, () => {
          const version = this.put(name, text.reveal(), { overwrite: false });
          return version === null ? null : String(version);
        }),
      overwrite: (name, text, _tier, options) =>
        this.call(caller, { what: 'overwrite', path: name, kind: 'write', signal: options?.signal }, () => {
          const version = this.put(name, text.reveal(), { overwrite: true });
          if (version === null) throw new RcmError('store_unavailable', 'SSM answered a write without a version.');
          return version;
        }),
      history: (name, options) =>
        this.call(caller, { what: 'history', path: name, kind: 'read', signal: options?.signal }, () =>
          (this.seen(name)?.versions ?? []).map(({ number }) => ({ version: number, labels: [], allowedPattern: null })),
        ),
      // Authorised as an overwrite, and then refused for the pattern.
      tryOverwrite: (name, text, pattern, options) =>
        this.call(caller, { what: 'try to overwrite', path: name, kind: 'write', signal: options?.signal }, () =>
          new RegExp(pattern, 'su').test(text.reveal()) ? this.put(name, text.reveal(), { overwrite: true }) : null,
        ),
      remove: (name, options) => this.call(caller, { what: 'remove', path: name, kind: 'write', signal: options?.signal }, () => this.remove(name)),
      close: () => undefined,
    };
  }
}

const stored = ({ number, text }: Version): StoredSecret => ({ text: new Secret(text), version: String(number) });
