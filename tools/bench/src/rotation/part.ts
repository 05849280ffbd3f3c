import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import type { MeasuredEnvironment } from '../measured-environment/measured-environment.ts';
import type { Measured, Rotated } from './measured.ts';
import { type Way, WAYS } from './ways.ts';

const PROGRAM = join(import.meta.dirname, 'rotating-process.ts');

interface Answer {
  readonly rotated?: Rotated;
  readonly error?: string;
}

/** A way of rotating in its own process, and what each part of the test environment spends while it works. */
export class RotatingPart implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #testEnvironment: MeasuredEnvironment;
  readonly #ended: Promise<unknown>;

  private constructor(process: ChildProcess, testEnvironment: MeasuredEnvironment) {
    [this.#process, this.#testEnvironment, this.#ended] = [process, testEnvironment, once(process, 'exit')];
  }

  /** Fails where the process ends before it is ready. */
  static async start(way: Way, testEnvironment: MeasuredEnvironment): Promise<RotatingPart> {
    const child = fork(PROGRAM, [way], {
      execArgv: ['--disable-sigusr1'],
      env: testEnvironment.environmentOf('rotator', WAYS[way].atOnce),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const part = new RotatingPart(child, testEnvironment);
    await part.#answer(way);
    return part;
  }

  /** One part at a time: the database and the stores cannot tell who asks. Fails where a rotation did not come to its end. */
  async rotate(way: Way, endpoints: readonly EnvironmentEndpoint[]): Promise<Measured> {
    const [rotated, spent] = await this.#testEnvironment.spending(this.#process.pid ?? 0, async () => {
      this.#process.send(endpoints);
      return (await this.#answer(way)).rotated;
    });
    if (!rotated) throw new Error(`${way} answered nothing`);
    return { ...rotated, ...spent };
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
