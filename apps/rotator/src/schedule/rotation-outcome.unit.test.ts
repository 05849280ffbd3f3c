import { createLogger, RcmError } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import type { RequestReason, Rotator } from '../rotator.ts';
import { rotateAndReport } from './rotation-outcome.ts';

const RETRY_MS = 1_000;
const SLOWLY_MS = 10_000;

/** What a rotation comes to whose first question to the database fails, and what was written about the login afterwards. */
async function met(error: Error, reason: RequestReason) {
  const written: unknown[] = [];
  const write = (_: unknown, ...values: readonly unknown[]) => {
    written.push(...values);
    return Promise.resolve([{ id: 'a', portalTypeCode: 'alpine' }]);
  };
  let asked = 0;
  const transaction = async (_: unknown, act: (tx: unknown) => Promise<unknown>) => {
    asked += 1;
    if (asked === 1) throw error;
    return act({ $queryRaw: write, $executeRaw: write });
  };
  const logger = createLogger({ name: 'test', level: 'silent' });
  const rotator = { db: { transaction }, logger, timing: { retryMs: RETRY_MS } } as unknown as Rotator;
  const outcome = await rotateAndReport(rotator, { orgId: 'clinic', endpointId: 'a', reason, signal: new AbortController().signal });
  const [putOffMs = null] = written;
  return { outcome, putOffMs, told: written.filter((value) => typeof value === 'string' && value.startsWith('it could not start')) };
}

const denied = new RcmError('store_denied', 'The store said no.');
const passing = new RcmError('store_unavailable', 'The store is away.');
const unwritten = (cause: 'database_unavailable' | 'database_failed') => new RcmError('audit_unavailable', 'No event.', { cause: new RcmError(cause, 'x') });

test.each<[string, Error, object, number | null, readonly string[]]>([
  ['the store denies it', denied, { result: 'failed', code: 'store_denied', detail: 'The store said no.' }, SLOWLY_MS, ['it could not start: store_denied']],
  ['the store is away', passing, { result: 'failed', code: 'store_unavailable', detail: 'The store is away.' }, RETRY_MS, []],
  [
    'something unexpected happens',
    new Error('hunter2'),
    { result: 'failed', code: 'unexpected', detail: 'an unexpected error; see the log' },
    SLOWLY_MS,
    ['it could not start: unexpected'],
  ],
  ['somebody uses the login', new RcmError('lease_unavailable', 'It is used.'), { result: 'put_off', code: 'lease_unavailable' }, RETRY_MS, []],
  ['the lease is lost', new RcmError('lease_lost', 'x'), { result: 'put_off', code: 'lease_lost' }, null, []],
  ['another rotator goes on', new RcmError('state_conflict', 'x'), { result: 'put_off', code: 'state_conflict' }, null, []],
  ['the process ends', new RcmError('cancelled', 'x'), { result: 'put_off', code: 'cancelled' }, null, []],
  ['the database is away', new RcmError('database_unavailable', 'x'), { result: 'put_off', code: 'database_unavailable' }, null, []],
  ['the database is away for the audit trail', unwritten('database_unavailable'), { result: 'put_off', code: 'audit_unavailable' }, null, []],
  ['the database takes no event of the audit trail', unwritten('database_failed'), { result: 'failed', code: 'audit_unavailable' }, RETRY_MS, []],
])('where %s, a due login makes room as long as that may last, and people are told of what does not pass', async (_, error, outcome, putOffMs, told) => {
  expect(await met(error, 'due')).toMatchObject({ outcome: { endpointId: 'a', attemptId: null, ...outcome }, putOffMs, told });
  // A person who asked has the answer.
  expect(await met(error, 'demand')).toMatchObject({ outcome, putOffMs: null, told: [] });
});
