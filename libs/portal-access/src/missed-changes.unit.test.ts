import type { CredentialManager } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { createLogger, RcmError } from '@rcm/telemetry';
import { beforeEach, expect, it } from 'vitest';
import { MissedChanges } from './missed-changes.ts';

type CaughtUp = Awaited<ReturnType<CredentialManager['catchUp']>>;

const none: CaughtUp = { checked: 3, changed: [] };
let slept: number[];
let signals: AbortSignal[];
let answers: (() => Promise<CaughtUp>)[];
let caughtUp: number;
let stop: AbortController;

beforeEach(() => {
  [slept, signals, answers, caughtUp, stop] = [[], [], [], 0, new AbortController()];
});

const open = () =>
  new MissedChanges({
    db: {} as Database,
    credentials: {
      catchUp(_versions, signal) {
        signals.push(signal);
        return answers.shift()?.() ?? Promise.resolve(none);
      },
    } as Pick<CredentialManager, 'catchUp'> as CredentialManager,
    logger: createLogger({ name: 'test', level: 'silent' }),
    onChanged: () => undefined,
    onCaughtUp: () => (caughtUp += 1),
    signal: stop.signal,
    clock: {
      now: () => new Date(),
      elapsed: () => performance.now(),
      sleep: (ms) => {
        slept.push(ms);
        return Promise.resolve();
      },
    },
    random: () => 0.5,
  });
const lost = () => Promise.reject(new RcmError('store_unavailable', 'no Postgres'));

it('a comparison that fails is made again, after a pause that grows to thirty seconds', async () => {
  answers = Array.from({ length: 9 }, () => lost);
  const missed = open();
  missed.catchUp();
  await missed.idle();
  // The first is the time over which all agents come back.
  expect(slept).toEqual([500, 375, 750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500]);
  expect([signals.length, caughtUp]).toEqual([10, 1]);
});

it('a gap that opens meanwhile ends the comparison before it, and only the later one counts', async () => {
  const first = Promise.withResolvers<CaughtUp>();
  answers = [() => first.promise];
  const missed = open();
  missed.catchUp();
  await new Promise(setImmediate);
  missed.catchUp();
  await missed.idle();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  first.reject(new RcmError('cancelled', 'it was ended'));
  await new Promise(setImmediate);
  expect([signals.length, caughtUp]).toEqual([2, 1]);
});

it('whoever stops waits for the comparison, which tries no further', async () => {
  const first = Promise.withResolvers<CaughtUp>();
  answers = [() => first.promise];
  const missed = open();
  missed.catchUp();
  await new Promise(setImmediate);
  let isIdle = false;
  const idle = missed.idle().then(() => (isIdle = true));
  stop.abort();
  await new Promise(setImmediate);
  expect(isIdle).toBe(false);
  first.reject(new RcmError('cancelled', 'it was ended'));
  await idle;
  expect([signals.length, caughtUp]).toEqual([1, 0]);
});
