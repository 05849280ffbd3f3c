import { setTimeout as delay } from 'node:timers/promises';
import { isRetryable } from '@rcm/telemetry';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { acquireExclusiveLease, acquireSharedLease } from './acquire.ts';
import { releaseLease, renewLease } from './upkeep.ts';
import { withdrawWriterIntent } from './writer-intent.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const expire = (leaseId: string) => t.sql(`UPDATE login_lease SET expires_at = clock_timestamp() - interval '1 ms' WHERE id = $1`, [leaseId]);

describe('many processes at once', () => {
  test('50 readers and 4 changers from 4 processes: a changer is always alone, and each kind gets its turn', { timeout: 180_000 }, async () => {
    const endpoint = await makeEndpoint(t.db);
    const processes = Array.from({ length: 4 }, () => t.another('rcm_rotator'));
    const inside = { shared: 0, exclusive: 0 };
    const wrong: string[] = [];
    const hold = async (kind: 'shared' | 'exclusive', index: number): Promise<void> => {
      const db = processes[index % processes.length] ?? t.rotator;
      const acquire = kind === 'shared' ? acquireSharedLease : acquireExclusiveLease;
      const request = { ...endpoint, holder: `${kind} ${index}`, ttlMs: 60_000, wantMs: 2000 };
      for (const end = Date.now() + 120_000; Date.now() < end; void (await delay(20 + Math.random() * 60))) {
        // On a busy machine the pool's deadline can pass: like any caller, come again.
        const answer = await acquire(db, request).catch((error: unknown) => (isRetryable(error) ? null : Promise.reject(error as Error)));
        if (!answer?.granted) continue;
        inside[kind] += 1;
        if (inside.exclusive > 1 || (inside.exclusive === 1 && inside.shared > 0)) wrong.push(JSON.stringify(inside));
        await delay(10);
        inside[kind] -= 1;
        await releaseLease(db, { ...endpoint, leaseId: answer.lease.id });
        return;
      }
      wrong.push(`${kind} ${index} got no turn`);
    };
    await Promise.all([...Array.from({ length: 50 }, (_, i) => hold('shared', i)), ...Array.from({ length: 4 }, (_, i) => hold('exclusive', i))]);
    expect(wrong).toEqual([]);
  });

  test(
    'whatever is asked, given back or runs out, in any order: never a live exclusive beside a live shared lease, and fences only grow',
    { timeout: 180_000 },
    async () => {
      const another = t.another('rcm_rotator');
      const step = fc.record({
        act: fc.constantFrom('shared', 'exclusive', 'release', 'expire', 'renew', 'withdraw'),
        holder: fc.constantFrom('a', 'b', 'c'),
        pick: fc.nat(5),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), async (rounds) => {
          const endpoint = await makeEndpoint(t.db);
          const leases: { id: string; fence: bigint }[] = [];
          for (const round of rounds) {
            const fencesBefore = leases.map((lease) => lease.fence);
            // The steps of a round run at once, on two processes.
            const answers = await Promise.all(
              round.map(async ({ act, holder, pick }, index) => {
                const db = index % 2 ? another : t.rotator;
                const lease = leases[pick % (leases.length || 1)];
                if (act === 'shared') return acquireSharedLease(db, { ...endpoint, holder, ttlMs: 60_000 });
                if (act === 'exclusive') return acquireExclusiveLease(db, { ...endpoint, holder, ttlMs: 60_000, wantMs: 5 });
                if (act === 'withdraw') await withdrawWriterIntent(db, { ...endpoint, holder });
                else if (lease && act === 'release') await releaseLease(db, { ...endpoint, leaseId: lease.id });
                else if (lease && act === 'renew') await renewLease(db, { ...endpoint, leaseId: lease.id, ttlMs: 60_000 });
                else if (lease) await expire(lease.id);
                return null;
              }),
            );
            for (const answer of answers) if (answer?.granted) leases.push(answer.lease);
            const highest = fencesBefore.reduce((most, fence) => (fence > most ? fence : most), 0n);
            for (const answer of answers) if (answer?.granted) expect(answer.lease.fence).toBeGreaterThan(highest);
            const live = await t.sql<{ kind: string }>('SELECT kind FROM login_lease WHERE login_identity = $1 AND expires_at > clock_timestamp()', [
              endpoint.loginIdentity,
            ]);
            const changers = live.filter((lease) => lease.kind === 'exclusive').length;
            expect(changers === 0 || live.length === 1).toBe(true);
          }
        }),
        { numRuns: 15 },
      );
    },
  );
});
