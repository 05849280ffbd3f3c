import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { FindingKind } from '../oracle/finding.ts';
import type { Answer, Ask, SeedSummary } from './messages.ts';

const CHUNK = 20;
const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

export interface SeedRun {
  readonly from: number;
  readonly count: number;
  readonly planted: string | null;
  /** Told of each seed, in no order. Whoever returns `stop` has seen enough. */
  onSeed(summary: SeedSummary): 'go on' | 'stop';
}

/** Runs seeds in as many processes as there are cores; each world is one process's alone. Fails where a worker dies of something that is not its world's. */
export async function runSeeds({ from, count, planted, onSeed }: SeedRun): Promise<void> {
  let next = from;
  let isEnough = false;
  const end = from + count;
  const work = async (): Promise<void> => {
    const worker = startWorker(planted);
    try {
      await ready(worker);
      while (next < end && !isEnough) {
        const chunk = { from: next, count: Math.min(CHUNK, end - next) };
        next += chunk.count;
        await ask(worker, { ask: 'run', ...chunk }, (answer) => {
          if (answer.answer === 'seed' && !isEnough) isEnough = onSeed(answer.summary) === 'stop';
          return answer.answer === 'done' || isEnough;
        });
      }
    } finally {
      worker.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), Math.ceil(count / CHUNK)) }, work));
}

/** The story of a seed, made as short as it can be, and what it shows; `null`: nothing. */
export async function storyOf(seed: number, { planted, keep }: { readonly planted: string | null; readonly keep: string | null }) {
  const worker = startWorker(planted);
  let told: { readonly kind: FindingKind | null; readonly lines: readonly string[] } = { kind: null, lines: [] };
  try {
    await ready(worker);
    await ask(worker, { ask: 'story', seed, keep }, (answer) => {
      if (answer.answer === 'story') told = answer;
      return answer.answer === 'story';
    });
  } finally {
    worker.kill();
  }
  return told;
}

/** A fault is planted into a process before it loads anything, and for good. */
const startWorker = (planted: string | null): ChildProcess =>
  fork(WORKER, planted === null ? [] : [planted], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });

async function ready(worker: ChildProcess): Promise<void> {
  await Promise.race([once(worker, 'message'), died(worker)]);
}

function ask(worker: ChildProcess, question: Ask, isLast: (answer: Answer) => boolean): Promise<void> {
  const answered = new Promise<void>((resolve) => {
    const hear = (answer: Answer): void => {
      if (!isLast(answer)) return;
      worker.off('message', hear);
      resolve();
    };
    worker.on('message', hear);
  });
  worker.send(question);
  return Promise.race([answered, died(worker)]);
}

function died(worker: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code, signal) => reject(new Error(`A worker of the simulation ended with ${signal ?? `exit code ${code}`}.`)));
  });
}
