import { type Clock, createLogger, systemClock } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { acquireExclusiveLease, acquireSharedLease } from './acquire.ts';
import { holdLease, type HoldRequest } from './held-lease.ts';
import { listLeases, releaseLease } from './upkeep.ts';

let t: TestDatabase;
let place: TestEndpoint;
/** Of the rotator: it alone may hold both kinds. */
let db: Database;

beforeAll(async () => {
  t = await openTestDatabase();
  db = t.rotator;
  place = await makeEndpoint(t.db);
});
afterAll(() => t.close());

const request = (changes: Partial<HoldRequest> = {}): HoldRequest => ({
  db,
  clock: systemClock,
  logger: createLogger({ name: 'test', level: 'silent' }),
  ...place,
  holder: 'test',
  kind: 'shared',
  timing: { ttlMs: 2_000, waitMs: 400, pollMs: 50 },
  signal: new AbortController().signal,
  ...changes,
});

/** As an agent finds it that asks and gives back at once. */
async function agentsAreHeldBack(): Promise<boolean> {
  const answer = await acquireSharedLease(db, { ...place, holder: 'agent-2', ttlMs: 5_000 });
  if (answer.granted) await releaseLease(db, { leaseId: answer.lease.id, orgId: place.orgId });
  return !answer.granted;
}

describe('a held lease', () => {
  it('outlives its time to live while it is held, and is gone when it is released', async () => {
    const held = await holdLease(request({ timing: { ttlMs: 6_000, waitMs: 400, pollMs: 50 } }));
    // Longer than one renewal lasts.
    await systemClock.sleep(12_500);
    expect((await listLeases(db)).map((lease) => lease.id)).toEqual([held.lease.id]);
    expect(held.signal.aborted).toBe(false);
    await held.release();
    expect(await listLeases(db)).toEqual([]);
  });

  it('tells its holder to stop once it was taken away', async () => {
    const held = await holdLease(request({ timing: { ttlMs: 600, waitMs: 400, pollMs: 50 } }));
    await releaseLease(db, { leaseId: held.lease.id, orgId: place.orgId });
    await expect.poll(() => held.signal.aborted, { timeout: 5_000 }).toBe(true);
    await expect(held.extend()).rejects.toMatchObject({ code: 'lease_lost' });
    await held.release();
  });

  it('waits for a login in use at most its time, then says so and leaves no intent behind', async () => {
    const agent = await holdLease(request());
    await expect(holdLease(request({ kind: 'exclusive', holder: 'rotator' }))).rejects.toMatchObject({
      code: 'lease_unavailable',
      details: { reason: 'in_use' },
    });
    const another = await acquireSharedLease(db, { ...place, holder: 'agent-2', ttlMs: 1_000 });
    expect(another.granted).toBe(true);
    if (another.granted) await releaseLease(db, { leaseId: another.lease.id, orgId: place.orgId });
    await agent.release();
  });

  it('waits no longer where somebody sets the clock back meanwhile', async () => {
    const agent = await holdLease(request());
    let setBackMs = 0;
    const clock: Clock = {
      ...systemClock,
      now: () => new Date(Date.now() - setBackMs),
      sleep(ms, signal) {
        setBackMs = 3_600_000;
        return systemClock.sleep(ms, signal);
      },
    };
    await expect(holdLease(request({ clock, kind: 'exclusive', holder: 'rotator', signal: AbortSignal.timeout(15_000) }))).rejects.toMatchObject({
      code: 'lease_unavailable',
      details: { reason: 'in_use' },
    });
    await agent.release();
  });

  it('gets a login as soon as its user is gone, although others keep asking', async () => {
    const agent = await holdLease(request());
    const rotator = holdLease(request({ kind: 'exclusive', holder: 'rotator', timing: { ttlMs: 2_000, waitMs: 5_000, pollMs: 50 } }));
    await expect.poll(agentsAreHeldBack, { timeout: 20_000 }).toBe(true);
    await agent.release();
    const held = await rotator;
    expect(await acquireSharedLease(db, { ...place, holder: 'agent-3', ttlMs: 100 })).toEqual({ granted: false, reason: 'exclusive_held' });
    await held.release();
  });

  it('leaves no intent behind when its caller stops waiting', async () => {
    const agent = await holdLease(request());
    const stop = new AbortController();
    const waiting = holdLease(request({ kind: 'exclusive', holder: 'rotator', signal: stop.signal, timing: { ttlMs: 2_000, waitMs: 60_000, pollMs: 50 } }));
    await expect.poll(agentsAreHeldBack, { timeout: 20_000 }).toBe(true);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    const another = await acquireSharedLease(db, { ...place, holder: 'agent-2', ttlMs: 1_000 });
    expect(another.granted).toBe(true);
    if (another.granted) await releaseLease(db, { leaseId: another.lease.id, orgId: place.orgId });
    await agent.release();
  });

  it.each([
    ['name', 'renamed', { loginIdentity: 'b'.repeat(64) }],
    ['secret', 'moved', { secretArn: 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/where-it-was' }],
  ])('is refused, and let go, where the login has another %s by then than its caller knows', async (_, reason, known) => {
    await expect(holdLease(request(known))).rejects.toMatchObject({ code: 'lease_unavailable', details: { reason } });
    const exclusive = await acquireExclusiveLease(db, { ...place, holder: 'rotator', ttlMs: 2_000, wantMs: 100 });
    expect(exclusive.granted).toBe(true);
    if (exclusive.granted) await releaseLease(db, { leaseId: exclusive.lease.id, orgId: place.orgId });
  });

  it('stops waiting when its caller does', async () => {
    const exclusive = await acquireExclusiveLease(db, { ...place, holder: 'rotator', ttlMs: 2_000, wantMs: 100 });
    const stop = new AbortController();
    const waiting = holdLease(request({ signal: stop.signal, timing: { ttlMs: 2_000, waitMs: 60_000, pollMs: 50 } }));
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    if (exclusive.granted) await releaseLease(db, { leaseId: exclusive.lease.id, orgId: place.orgId });
  });
});

describe('the question whether a lease is held, right before an act', () => {
  afterEach(() => void vi.useRealTimers());

  it('is answered by how long it lives without renewal', async () => {
    const ttlMs = 120_000;
    const held = await holdLease(request({ timing: { ttlMs, waitMs: 400, pollMs: 50 } }));
    expect(() => held.assertHeld()).not.toThrow();
    expect(() => held.assertHeld(1_000)).not.toThrow();
    expect(() => held.assertHeld(ttlMs)).toThrow('ran out');
    // Once it was too short for what was meant, nobody goes on with it.
    expect(held.signal.aborted).toBe(true);
    await held.release();
  });

  it('is answered no after a stop that was longer than the lease, also where the wall clock was set back meanwhile', async () => {
    const ttlMs = 1_000;
    const held = await holdLease(request({ timing: { ttlMs, waitMs: 400, pollMs: 50 } }));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
    stopped(2 * ttlMs);
    // In the same turn of the event loop: neither a timer nor a renewal has run since.
    expect(() => held.assertHeld()).toThrow(expect.objectContaining({ code: 'lease_lost' }));
    expect(held.signal.aborted).toBe(true);
    await held.release();
  });

  it('is answered no after a sleep of the machine that was longer than the lease, in which the monotonic clock stood still', async () => {
    const ttlMs = 120_000;
    const held = await holdLease(request({ timing: { ttlMs, waitMs: 400, pollMs: 50 } }));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * ttlMs });
    expect(() => held.assertHeld()).toThrow(expect.objectContaining({ code: 'lease_lost' }));
    expect(held.signal.aborted).toBe(true);
    await held.release();
  });

  it('is answered no once it was lost, whatever is left of its time', async () => {
    const held = await holdLease(request({ timing: { ttlMs: 120_000, waitMs: 400, pollMs: 50 } }));
    await releaseLease(db, { leaseId: held.lease.id, orgId: place.orgId });
    await expect(held.extend()).rejects.toMatchObject({ code: 'lease_lost' });
    expect(() => held.assertHeld()).toThrow(expect.objectContaining({ code: 'lease_lost' }));
    await held.release();
  });
});

/** Nothing of this process runs for so long, as after SIGSTOP. */
const stopped = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
