import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { WorldEndpoint } from '@rcm/test-world';
import { processorSeconds, secondsOfAll } from '../processor-seconds.ts';
import type { Measured, Rotated } from './measured.ts';
import type { RotationWorld } from './rotation-world.ts';
import type { Way } from './ways.ts';

const PROGRAM = join(import.meta.dirname, 'rotating-process.ts');

interface Answer {
  readonly rotated?: Rotated;
  readonly error?: string;
}

/** A way of rotating in its own process, and what each part of the world spends while it works. */
export class RotatingPart implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #world: RotationWorld;
  readonly #ended: Promise<unknown>;

  private constructor(process: ChildProcess, world: RotationWorld) {
    [this.#process, this.#world, this.#ended] = [process, world, once(process, 'exit')];
  }

  /** Fails where the process ends before it is ready. */
  static async start(way: Way, world: RotationWorld): Promise<RotatingPart> {
    const child = fork(PROGRAM, [way], { execArgv: ['--disable-sigusr1'], env: world.environment, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const part = new RotatingPart(child, world);
    await part.#answer(way);
    return part;
  }

  /** One part at a time: the database and the stores cannot tell who asks. Fails where a rotation did not come to its end. */
  async rotate(way: Way, endpoints: readonly WorldEndpoint[]): Promise<Measured> {
    const before = await this.#spent();
    this.#process.send(endpoints);
    const { rotated } = await this.#answer(way);
    if (!rotated) throw new Error(`${way} answered nothing`);
    const after = await this.#spent();
    const more = (of: (spent: typeof before) => number) => of(after) - of(before);
    return {
      ...rotated,
      programSeconds: more(({ program }) => program),
      browserSeconds: more(({ browser }) => browser),
      databaseSeconds: more(({ database }) => database),
      elsewhereSeconds: more(({ elsewhere }) => elsewhere),
      walBytes: more(({ walBytes }) => walBytes),
      storeCalls: more(({ storeCalls }) => storeCalls),
    };
  }

  async #spent() {
    const { own, others } = processorSeconds(this.#process.pid ?? 0);
    const { user, system } = process.cpuUsage();
    const { databasePid, storeCalls, walBytes } = this.#world;
    return {
      ...{ program: own, browser: others, database: secondsOfAll(databasePid), elsewhere: (user + system) / 1_000_000 },
      walBytes: await walBytes(),
      storeCalls: storeCalls(),
    };
  }

  async #answer(way: Way): Promise<Answer> {
    const ended = this.#ended.then(() => {
      throw new Error(`The process of "${way}" has ended.`);
    });
    const [answer] = (await Promise.race([once(this.#process, 'message'), ended])) as [Answer];
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    await this.#ended;
  }
}
