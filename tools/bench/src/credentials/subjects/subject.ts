import type { Account } from '../account.ts';
import type { BenchSecret } from '../secrets.ts';

/** One of the compared readers. */
export interface Subject {
  /** What its caller awaits; nothing is added around it. */
  read(secret: BenchSecret): Promise<unknown>;
  /** The best it has for many secrets at once; each secret's end by itself. */
  readMany(secrets: readonly BenchSecret[]): Promise<readonly PromiseSettledResult<unknown>[]>;
  /** Which version an answer of `read` is. */
  counterOf(answer: unknown): number;
  close(): Promise<void>;
}

export interface SubjectOptions {
  readonly account: Pick<Account, 'endpoint' | 'region' | 'credentials' | 'tenantRoles' | 'kmsKeyArn'>;
  /** How long each of them may use what it has read, in ms. The same for all: ten minutes is also the original's own. */
  readonly ttlMs: number;
}

export type SubjectName = 'ours' | 'powertools' | 'original';

export const TEN_MINUTES_MS = 600_000;

/** One caller per secret, all at once. */
export const readEach = (subject: Pick<Subject, 'read'>, secrets: readonly BenchSecret[]): Promise<readonly PromiseSettledResult<unknown>[]> =>
  Promise.allSettled(secrets.map((secret) => subject.read(secret)));
