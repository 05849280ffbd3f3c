import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Account } from '../account.ts';
import type { SubjectName } from '../subjects/subject.ts';

/** What one reader holds is measured in a process of its own: what another one leaves behind would be counted as given back by it. */
export interface MemoryOrder {
  readonly subject: SubjectName;
  readonly account: Omit<Account, 'setFault' | typeof Symbol.asyncDispose>;
  /** How many secrets of one tenant, seeded before. */
  readonly secrets: number;
}

export interface MemoryAnswer {
  readonly bytes: number;
}

/** Bytes that a reader needs for each credential it holds. */
export async function bytesPerCredential({
  subject,
  account,
  secrets,
}: {
  readonly subject: SubjectName;
  readonly account: Account;
  readonly secrets: number;
}): Promise<number> {
  const { endpoint, region, accountId, kmsKeyArn, tenantRoles, credentials } = account;
  const child = fork(fileURLToPath(new URL('measure.ts', import.meta.url)), { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit');
  const answer = new Promise<MemoryAnswer>((resolve, reject) => {
    child.once('message', resolve as (message: unknown) => void);
    ended.then(([code]) => reject(new Error(`the measurement of ${subject}'s memory ended with exit code ${String(code)}`)), reject);
  });
  child.send({ subject, account: { endpoint, region, accountId, kmsKeyArn, tenantRoles, credentials }, secrets } satisfies MemoryOrder);
  try {
    return (await answer).bytes;
  } finally {
    child.kill();
    await ended;
  }
}
