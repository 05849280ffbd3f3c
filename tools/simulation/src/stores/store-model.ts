import { RcmError, withDeadline } from '@rcm/telemetry';
import type { Outside } from '../time/outside.ts';
import type { Random } from '../time/random.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { currentProcess } from '../time/sim-process.ts';
import { Timeline } from './timeline.ts';

/** Whose session a call is made with. */
export interface Caller {
  readonly orgId: string;
  readonly role: 'agent' | 'rotator' | 'person';
}

/** What happens to a store as a whole, each until a time in ms. */
export interface StoreWeather {
  downUntil: number;
  throttledUntil: number;
  /** A key or a policy that somebody broke: reads go on. */
  writesDeniedUntil: number;
}

/** One thing that was written or removed, for whoever judges. */
export interface StoreEntry {
  readonly at: number;
  /** When whoever it was let it out of their hands; `at`, where nothing came in between. */
  readonly askedAt: number;
  readonly store: string;
  /** The secret's path, or that of its staged copy. */
  readonly path: string;
  readonly act: 'current' | 'staged' | 'removed' | 'copy removed';
  readonly text: string | null;
  /** `operator`: a command of ours that a person runs; `person`: their bare hands. */
  readonly by: 'rotator' | 'agent' | 'operator' | 'person';
  readonly process: string;
}

export interface StoreModelOptions {
  readonly outside: Outside;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** How far behind a read may be, in ms. */
  readonly staleMs: number;
  readonly onWrite: (entry: StoreEntry) => void;
  /** Told of each call that is admitted, before it takes effect. */
  readonly onCall: (path: string, by: Pick<StoreEntry, 'by'>) => void;
  /** A call for another tenant's secret, or a copy in an agent's hands: the policies would refuse it, and so does the model. */
  readonly onTrespass: (what: string) => void;
}

/** Of one secret, and of the copies that rotations stage of it. */
export interface Places {
  readonly path: string;
  readonly folder: string;
}

const CALL_DEADLINE_MS = 10_000;
const TRAVEL_MS = 120;
/** Of the reads, this many are behind, as far as the store may be. */
const STALE_READS = 0.15;
const PATH = /^\/?rcm\/[a-z0-9-]+\/([a-z0-9-]+)\/(endpoints|rotation)\//;

/** What every store has in common: weather, policies, reads that are behind, a deadline for each call. What is kept of a secret is its own matter. */
export abstract class StoreModel<S> {
  readonly name: string;
  readonly weather: StoreWeather = { downUntil: 0, throttledUntil: 0, writesDeniedUntil: 0 };
  protected readonly options: StoreModelOptions;
  /** How often anything of it has become another. */
  changes = 0;
  readonly #secrets = new Map<string, Timeline<S | null>>();

  protected constructor(name: string, options: StoreModelOptions) {
    this.name = name;
    this.options = options;
  }

  protected get now(): number {
    return this.options.scheduler.now;
  }

  /** As it is, whatever a reader sees. */
  protected stateOf(path: string): S | null {
    return this.#secrets.get(path)?.latest ?? null;
  }

  /** As a reader sees it. */
  protected seen(path: string): S | null {
    const timeline = this.#secrets.get(path);
    if (!timeline) return null;
    const { staleMs, random } = this.options;
    return staleMs > 0 && random.chance(STALE_READS) ? timeline.asOf(this.now - random.between(0, staleMs)) : timeline.latest;
  }

  protected keep(path: string, state: S | null): void {
    this.changes += 1;
    const timeline = this.#secrets.get(path) ?? new Timeline<S | null>(null, this.options.staleMs);
    this.#secrets.set(path, timeline);
    timeline.set(this.now, state);
  }

  protected pathsBelow(folder: string): string[] {
    return [...this.#secrets.keys()].filter((path) => path.startsWith(`${folder}/`));
  }

  /** Whatever is there; a secret that is made anew begins as if it had never been. */
  remove(path: string): void {
    if (!this.stateOf(path)) return;
    this.keep(path, null);
    this.note({ path, act: isStaged(path) ? 'copy removed' : 'removed', text: null });
  }

  /** What is current, and what was before, the newest first. */
  abstract textsOf(path: string): readonly string[];

  /** Where a copy lies at a path of its own. */
  stagedOf({ folder }: Places): readonly string[] {
    return this.pathsBelow(folder).flatMap((path) => this.textsOf(path).slice(0, 1));
  }

  protected note(entry: Pick<StoreEntry, 'path' | 'act' | 'text'>): void {
    // Names of parameters begin with a slash.
    const path = entry.path.replace(/^\//, '');
    this.options.onWrite({ at: this.now, askedAt: this.now, store: this.name, ...entry, path, ...currentCaller() });
  }

  /** One call of a client, with the deadline that the real one has. */
  protected call<T>(
    caller: Caller,
    { what, path, kind, signal }: { readonly what: string; readonly path: string; readonly kind: 'read' | 'write'; readonly signal?: AbortSignal | undefined },
    effect: () => T,
  ): Promise<T> {
    const by: By = { ...currentCaller(), askedAt: this.now };
    const act = (): T =>
      asCaller(by, () => {
        this.#admit(caller, what, path, kind);
        this.options.onCall(path, by);
        return effect();
      });
    const lost = () => new RcmError('store_unavailable', `${what} failed: no answer came.`);
    return withDeadline({ ms: CALL_DEADLINE_MS, what, ...(signal ? { signal } : {}) }, () =>
      this.options.outside.call({
        ...{ place: 'store', what: `${this.name} ${what} ${shortPath(path)}`, effect: act, lost, travelMs: TRAVEL_MS },
        stake: kind === 'write' ? 'much' : 'some',
      }),
    );
  }

  /** Whether a broken key or policy lets this caller write. */
  protected mayWrite({ role }: Caller): boolean {
    return role === 'person' || (role !== 'agent' && this.now >= this.weather.writesDeniedUntil);
  }

  #admit(caller: Caller, what: string, path: string, kind: 'read' | 'write'): void {
    const { downUntil, throttledUntil } = this.weather;
    if (this.now < downUntil) throw new RcmError('store_unavailable', `${what} failed: the store is not well.`);
    if (this.now < throttledUntil) throw new RcmError('store_throttled', `${what} failed: the store is over its rate limit.`);
    const [, orgId, folder] = PATH.exec(path) ?? [];
    if (orgId !== caller.orgId || (caller.role === 'agent' && (folder !== 'endpoints' || kind === 'write'))) {
      this.options.onTrespass(`${caller.role} of ${caller.orgId}: ${what} ${path}`);
      throw new RcmError('store_denied', `${what} failed: the policy does not allow it.`);
    }
    if (kind === 'write' && !this.mayWrite(caller)) throw new RcmError('store_denied', `${what} failed: the policy does not allow it.`);
  }
}

/** Where a copy has a path of its own. */
export const isStaged = (path: string): boolean => path.includes('/rotation/');

type By = Pick<StoreEntry, 'by' | 'process'> & Partial<Pick<StoreEntry, 'askedAt'>>;
/** The effect happens outside of the process; the record names who had asked for it. */
let asked: By | null = null;

/** What is done in the store's console, by whichever person: none of our code is in between. */
export const byHand = <T>(act: () => T): T => asCaller({ by: 'person', process: currentProcess()?.name ?? 'nobody' }, act);

function asCaller<T>(by: By, act: () => T): T {
  asked = by;
  try {
    return act();
  } finally {
    asked = null;
  }
}

function currentCaller(): By {
  if (asked) return asked;
  const process = currentProcess();
  if (!process) return { by: 'person', process: 'nobody' };
  // A person who runs a command of ours writes by our code.
  return { by: process.role === 'person' ? 'operator' : process.role, process: process.name };
}

/** Organization, endpoint, and the attempt of a staged copy; the rest of a path is the same for all. */
const shortPath = (path: string): string =>
  path
    .split('/')
    .filter((part, place) => place > 1 && part !== 'endpoints')
    .join('/');
