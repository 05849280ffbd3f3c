import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { FindingKind } from '../oracle/finding.ts';
import type { Answer, Ask, SeedSummary } from './messages.ts';

const CHUNK = 20;
const ENVIRONMENTS_A_PROCESS = 100;
/** An environment makes much that is dead at once: with room for it, and no threads beside those that run environments, a seed takes a sixth less. */
const NODE_OPTIONS = ['--max-semi-space-size=256', '--single-threaded-gc'];
const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

export interface SeedRun {
  readonly seeds: readonly number[];
  /** By name; left out: the one with nothing planted. */
  readonly climate?: string | undefined;
  /** How many processes; as many as there are cores where it is left out. */
  readonly workers?: number | undefined;
  /** Told of each seed, in no order. */
  onSeed(summary: SeedSummary): void;
}

/** Runs seeds, with no fault planted, in several processes; each environment is one process's alone. Fails where a worker dies of something that is not its environment's. */
export async function runSeeds({ seeds, climate, workers, onSeed }: SeedRun): Promise<void> {
  let next = 0;
  await inParallel(Math.min(workers ?? availableParallelism(), Math.ceil(seeds.length / CHUNK)), async () => {
    await using worker = await SeedWorker.start(climate ?? null);
    while (next < seeds.length) {
      const chunk = seeds.slice(next, next + CHUNK);
      next += chunk.length;
      await worker.run(chunk, onSeed);
    }
  });
}

/** So many seeds, one after the other. */
export const seedsFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index);

/** The same work by several hands; fails where one of them does. */
export const inParallel = (hands: number, work: () => Promise<void>): Promise<unknown> => Promise.all(Array.from({ length: hands }, work));

/**
 * A process in which environments run, one after the other. A fault is planted into it before it loads anything, and for good. It is replaced by a fresh one every so many
 * environments: of processes that died in an environment something is left for ever (Node holds composed abort signals that somebody listens to), 3 MB an environment.
 */
export class SeedWorker implements AsyncDisposable {
  readonly #planted: string | null;
  #current: WorkerProcess;
  #environments = 0;

  private constructor(planted: string | null, first: WorkerProcess) {
    this.#planted = planted;
    this.#current = first;
  }

  static async start(planted: string | null): Promise<SeedWorker> {
    return new SeedWorker(planted, await WorkerProcess.start(planted));
  }

  /** These seeds, in their order. */
  async run(seeds: readonly number[], onSeed: (summary: SeedSummary) => void): Promise<void> {
    if (this.#environments >= ENVIRONMENTS_A_PROCESS) await this.#renew();
    this.#environments += seeds.length;
    await this.#current.ask({ ask: 'run', seeds }, (answer) => {
      if (answer.answer === 'seed') onSeed(answer.summary);
      return answer.answer === 'done';
    });
  }

  async runOne(seed: number): Promise<SeedSummary> {
    const ran: SeedSummary[] = [];
    await this.run([seed], (summary) => void ran.push(summary));
    const [summary] = ran;
    if (!summary) throw new Error(`Seed ${seed} ended without a word.`);
    return summary;
  }

  /** The story of a seed, made as short as it can be, and what it shows; `null`: nothing. */
  async story(seed: number, keep: string | null): Promise<{ readonly kind: FindingKind | null; readonly lines: readonly string[] }> {
    let told: { readonly kind: FindingKind | null; readonly lines: readonly string[] } = { kind: null, lines: [] };
    await this.#current.ask({ ask: 'story', seed, keep }, (answer) => {
      if (answer.answer === 'story') told = answer;
      return answer.answer === 'story';
    });
    return told;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#current.kill();
    return Promise.resolve();
  }

  async #renew(): Promise<void> {
    this.#current.kill();
    this.#current = await WorkerProcess.start(this.#planted);
    this.#environments = 0;
  }
}

class WorkerProcess {
  readonly #process: ChildProcess;
  readonly #died: Promise<never>;

  private constructor(planted: string | null) {
    this.#process = fork(WORKER, planted === null ? [] : [planted], {
      execArgv: NODE_OPTIONS,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#died = new Promise((_, reject) => {
      this.#process.once('error', reject);
      this.#process.once('exit', (code, signal) => reject(new Error(`A worker of the simulation ended with ${signal ?? `exit code ${code}`}.`)));
    });
    // It dies at the end, too, when nobody waits for it.
    this.#died.catch(() => undefined);
  }

  static async start(planted: string | null): Promise<WorkerProcess> {
    const started = new WorkerProcess(planted);
    await Promise.race([once(started.#process, 'message'), started.#died]);
    return started;
  }

  ask(question: Ask, isLast: (answer: Answer) => boolean): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      const hear = (answer: Answer): void => {
        if (!isLast(answer)) return;
        this.#process.off('message', hear);
        resolve();
      };
      this.#process.on('message', hear);
    });
    this.#process.send(question);
    return Promise.race([answered, this.#died]);
  }

  kill(): void {
    this.#process.kill();
  }
}
