import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { currentProcess, type SimProcess } from './sim-process.ts';
import type { Scheduled } from './scheduler.ts';

/** Stands for Node's own: the product calls `unref` and hands it to `clearTimeout`. */
class VirtualTimer {
  readonly process: SimProcess;
  #scheduled: Scheduled | null = null;

  constructor(process: SimProcess) {
    this.process = process;
  }

  begin(ms: number, act: () => void, isRepeated: boolean): this {
    this.#scheduled = this.process.later(ms, () => {
      this.#scheduled = null;
      // As Node does it: the next time is counted from this one, so a process that was stopped catches up with nothing.
      if (isRepeated) this.begin(ms, act, true);
      act();
    });
    return this;
  }

  end(): void {
    if (this.#scheduled) this.process.scheduler.cancel(this.#scheduled);
    this.#scheduled = null;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    throw new Error('A virtual timer cannot be refreshed.');
  }
}

type Act = (...parameters: unknown[]) => void;
const LONGEST_MS = 2 ** 31 - 1;
/** Node's own rule: what is not between 1 and 2^31 - 1 is 1. */
const delayOf = (ms: unknown): number => (typeof ms === 'number' && ms >= 1 && ms <= LONGEST_MS ? Math.trunc(ms) : 1);

let isInstalled = false;

/**
 * Replaces, for whoever runs inside a simulated process and for nobody else, what Node would decide by its own time or chance: timers, `Date`,
 * `performance.now`, `AbortSignal.timeout`, `Math.random`, random bytes and ids. Done once a real process.
 */
export function installVirtualGlobals(): void {
  if (isInstalled) return;
  isInstalled = true;
  replaceTimers();
  replaceTimes();
  replaceChance();
  syncBuiltinESMExports();
}

function replaceTimers(): void {
  const real = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
  const start =
    (original: unknown, delay: (ms: unknown) => number, isRepeated: boolean, hasDelay = true) =>
    (act: Act, ...rest: unknown[]): unknown => {
      const process = currentProcess();
      if (!process) return (original as (...given: unknown[]) => unknown)(act, ...rest);
      const [ms, ...parameters] = hasDelay ? rest : [0, ...rest];
      return new VirtualTimer(process).begin(delay(ms), () => act(...parameters), isRepeated);
    };
  const end =
    (original: unknown) =>
    (timer: unknown): void =>
      timer instanceof VirtualTimer ? timer.end() : (original as Act)(timer);
  const virtual = {
    setTimeout: start(real.setTimeout, delayOf, false),
    setInterval: start(real.setInterval, delayOf, true),
    setImmediate: start(real.setImmediate, () => 0, false, false),
    clearTimeout: end(real.clearTimeout),
    clearInterval: end(real.clearInterval),
    clearImmediate: end(real.clearImmediate),
  };
  Object.assign(globalThis, virtual);
  Object.assign(timers, virtual);
  const realDelay = timersPromises.setTimeout;
  timersPromises.setTimeout = <T>(ms?: number, value?: T, options?: Parameters<typeof realDelay>[2]): Promise<T> => {
    const process = currentProcess();
    if (!process) return realDelay(ms, value, options);
    return process.clock.sleep(delayOf(ms), options?.signal).then(() => value as T);
  };
}

function replaceTimes(): void {
  const RealDate = Date;
  const now = (): number => currentProcess()?.wallTime ?? RealDate.now();
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, parameters, newTarget) => Reflect.construct(target, parameters.length === 0 ? [now()] : parameters, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (target, property) => (property === 'now' ? now : (Reflect.get(target, property) as unknown)),
  });
  const realNow = performance.now.bind(performance);
  performance.now = () => currentProcess()?.monotonic ?? realNow();
  const realTimeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => {
    if (!currentProcess()) return realTimeout(ms);
    const over = new AbortController();
    setTimeout(() => over.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), ms);
    return over.signal;
  };
}

function replaceChance(): void {
  const real = { random: Math.random, randomUUID: crypto.randomUUID, randomBytes: crypto.randomBytes };
  Math.random = () => currentProcess()?.random.next() ?? real.random();
  crypto.randomUUID = ((options) => currentProcess()?.random.uuid() ?? real.randomUUID(options)) as typeof crypto.randomUUID;
  crypto.randomBytes = ((size: number, told?: (error: Error | null, bytes: Buffer) => void) => {
    const process = currentProcess();
    if (!process) return told ? void real.randomBytes(size, told) : real.randomBytes(size);
    if (told) throw new Error('Random bytes are asked for in a way that the simulation does not know.');
    return process.random.bytes(size);
  }) as typeof crypto.randomBytes;
}
