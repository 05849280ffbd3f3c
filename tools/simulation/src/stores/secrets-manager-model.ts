import type { ListedVersion, SecretsManagerCalls, SecretVersion } from '@rcm/credentials/stores-on-calls';
import { RcmError, Secret } from '@rcm/telemetry';
import { type Caller, type Places, StoreModel, type StoreModelOptions } from './store-model.ts';

interface Version {
  readonly id: string;
  readonly text: string;
  readonly at: number;
}

interface Held {
  readonly arn: string;
  /** The newest last. */
  readonly versions: readonly Version[];
  /** Which version holds each label. */
  readonly stages: ReadonlyMap<string, string>;
}

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
/** Of one secret, over all its versions. */
const STAGES_KEPT = 20;
const KEPT = 'rcm-staged-';

/** Secrets Manager at the level of the product's calls: versions by token, labels that are on one version at a time, and AWSCURRENT that leaves AWSPREVIOUS behind. */
export class SecretsManagerModel extends StoreModel<Held> {
  constructor(options: StoreModelOptions) {
    super('secrets-manager', options);
  }

  /** CreateSecret. `null`: the name is taken. */
  create(name: string, text: string): { readonly arn: string; readonly version: string } | null {
    if (this.stateOf(name)) return null;
    const version = this.options.random.uuid();
    const arn = `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-${this.options.random.bytes(3).toString('hex')}`;
    this.keep(name, { arn, versions: [{ id: version, text, at: this.now }], stages: new Map([[CURRENT, version]]) });
    this.note({ path: name, act: 'current', text });
    return { arn, version };
  }

  /** PutSecretValue. `false`: the version exists already with another text. */
  putVersion(name: string, id: string, text: string, stages: readonly string[]): boolean {
    const held = this.#mustHold(name);
    const known = held.versions.find((version) => version.id === id);
    if (known) return known.text === text;
    const after: Held = { ...held, versions: [...held.versions, { id, text, at: this.now }] };
    this.keep(
      name,
      stages.reduce((moved, stage) => moveStage(moved, stage, id), after),
    );
    if (stages.includes(CURRENT)) this.note({ path: name, act: 'current', text });
    if (stages.some((stage) => stage.startsWith(KEPT))) this.note({ path: `${name}#${id}`, act: 'staged', text });
    return true;
  }

  /** UpdateSecretVersionStage. `false`: the label is not at `from`; without that, it is at another version than `to`. */
  moveStage(name: string, stage: string, { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }): boolean {
    const held = this.#mustHold(name);
    const hasVersion = (id: string): boolean => held.versions.some((version) => version.id === id);
    // AWS says of an unknown version what it says of an unknown secret.
    if ([from, to].some((id) => id !== undefined && !hasVersion(id))) throw missing();
    const holder = held.stages.get(stage);
    if (from === undefined ? holder !== undefined && holder !== to : holder !== from) return false;
    if (to === undefined && stage === CURRENT) return false;
    if (to === undefined) {
      this.keep(name, { ...held, stages: new Map([...held.stages].filter(([label]) => label !== stage)) });
      if (stage.startsWith(KEPT)) this.note({ path: `${name}#${String(from)}`, act: 'copy removed', text: null });
      return true;
    }
    this.keep(name, moveStage(held, stage, to));
    const text = held.versions.find(({ id }) => id === to)?.text ?? null;
    if (stage === CURRENT) this.note({ path: name, act: 'current', text });
    if (stage.startsWith(KEPT)) this.note({ path: `${name}#${to}`, act: 'staged', text });
    return true;
  }

  /** What is current, then every other version, the newest first. */
  override textsOf(name: string): readonly string[] {
    const held = this.stateOf(name);
    if (!held) return [];
    const current = held.versions.find(({ id }) => id === held.stages.get(CURRENT));
    const others = held.versions.filter((version) => version !== current).reverse();
    return [...(current ? [current] : []), ...others].map(({ text }) => text);
  }

  override stagedOf({ path }: Places): readonly string[] {
    const held = this.stateOf(path);
    if (!held) return [];
    const ids = [...held.stages].filter(([stage]) => stage.startsWith(KEPT)).map(([, id]) => id);
    return held.versions.filter(({ id }) => ids.includes(id)).map(({ text }) => text);
  }

  /** AWSCURRENT's own version. */
  textOf(name: string, version: string): string | null {
    return this.stateOf(name)?.versions.find(({ id }) => id === version)?.text ?? null;
  }

  currentVersion(name: string): string | null {
    return this.stateOf(name)?.stages.get(CURRENT) ?? null;
  }

  /** A token such as AWS makes up where a person names none. */
  newId(): string {
    return this.options.random.uuid();
  }

  callsFor(caller: Caller): SecretsManagerCalls {
    const call = <T>(what: string, id: string, kind: 'read' | 'write', options: { readonly signal?: AbortSignal } | undefined, effect: (name: string) => T) =>
      this.call(caller, { what, path: nameOf(id), kind, signal: options?.signal }, () => effect(nameOf(id)));
    return {
      get: (id, choice, options) =>
        call('stage' in choice ? `get ${choice.stage}` : 'get version', id, 'read', options, (name): SecretVersion | null => {
          if (caller.role === 'agent' && !('stage' in choice && choice.stage === CURRENT)) {
            this.options.onTrespass(`agent of ${caller.orgId}: a version that is not ${CURRENT}`);
            throw new RcmError('store_denied', 'The policy does not allow it.');
          }
          const held = this.seen(name);
          const wanted = 'stage' in choice ? held?.stages.get(choice.stage) : choice.id;
          const version = held?.versions.find((known) => known.id === wanted);
          if (!held || !version) return null;
          const stages = [...held.stages].filter(([, holder]) => holder === version.id).map(([stage]) => stage);
          return { arn: held.arn, text: new Secret(version.text), version: version.id, stages };
        }),
      listStages: (id, options) => call('list', id, 'read', options, (name) => this.#versionsOf(name).flatMap(({ stages }) => stages)),
      listVersions: (id, options) => call('list versions', id, 'read', options, (name) => this.#versionsOf(name)),
      create: (name, text, _tags, options) => call('create', name, 'write', options, () => this.create(name, text.reveal())),
      putVersion: (id, { version, text, stages }, options) =>
        call(`put version ${stages.join('+')}`, id, 'write', options, (name) => this.putVersion(name, version, text.reveal(), stages)),
      moveStage: (id, stage, move, options) => call(`move ${stage}`, id, 'write', options, (name) => this.moveStage(name, stage, move)),
      tryMoveStage: (id, stage, move, options) => call(`try to move ${stage}`, id, 'write', options, (name) => void this.moveStage(name, stage, move)),
      // One region: nothing asks for a copy in another.
      replicas: () => Promise.resolve(null),
      replicate: () => Promise.resolve(false),
      close: () => undefined,
    };
  }

  /** The youngest first, as far as a reader sees them. */
  #versionsOf(name: string): readonly ListedVersion[] {
    const held = this.seen(name);
    return [...(held?.versions ?? [])]
      .reverse()
      .map(({ id }) => ({ id, stages: [...(held?.stages ?? [])].filter(([, holder]) => holder === id).map(([stage]) => stage) }));
  }

  #mustHold(name: string): Held {
    const held = this.stateOf(name);
    if (!held) throw missing();
    return held;
  }
}

const missing = (): RcmError => new RcmError('secret_missing', 'The secret is not in Secrets Manager.');

function moveStage(held: Held, stage: string, to: string): Held {
  const holder = held.stages.get(stage);
  if (holder === to) return held;
  const stages = new Map(held.stages).set(stage, to);
  if (stage === CURRENT && holder !== undefined) stages.set(PREVIOUS, holder);
  if (stages.size > STAGES_KEPT) throw new RcmError('store_denied', 'The secret has as many labels as it may have.');
  return { ...held, stages };
}

/** A name, or an ARN that ends with its own six characters. */
const nameOf = (id: string): string => (id.startsWith('arn:') ? id.slice(id.indexOf(':secret:') + ':secret:'.length, -7) : id);
