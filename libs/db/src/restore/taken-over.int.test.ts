import { backend, freshDatabase, openRelay, type Relay, type StandbyPostgres, startStandby, temporaryFolder, startThrowawayPostgres } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { BUDGET, Logins } from '../ledger/account.fixture.ts';
import { beginLoginAttempt } from '../ledger/attempt.ts';
import { openDatabase } from '../open-database.ts';
import { makeEndpoint, type TestDatabase } from '../testing.fixture.ts';
import { migrateWithLogins, urlFor } from '../testing.ts';
import { recordRestore } from './restore.ts';

/** Postgres, a standby that follows it, and a process that works by a name which is moved to whoever writes. */
describe.runIf(backend() === 'embedded')(
  'a standby that takes over (needs servers whose data folders are its own: embedded only)',
  { timeout: 900_000 },
  () => {
    const made = new AsyncDisposableStack();
    const open = (url: string, role?: 'rcm_agent'): Database => {
      const db = openDatabase({ url: role ? urlFor(role, url) : url, applicationName: 'test taken over', maxConnections: 2, ...(role ? { role } : {}) });
      return made.adopt(db, (each) => each.close());
    };
    let standby: StandbyPostgres;
    let relay: Relay;
    let url: string;
    let loseFirst: () => Promise<void>;
    beforeAll(async () => {
      const folder = made.use(await temporaryFolder('taken-over'));
      const first = made.adopt(await startThrowawayPostgres({ folder: folder.path }), (each) => each.stop());
      const there = new URL((await freshDatabase({ migrate: migrateWithLogins, server: first.url })).url);
      standby = made.adopt(await startStandby({ url: first.url, data: first.data }), (each) => each.stop());
      relay = made.adopt(await openRelay(first.url), (each) => each.close());
      there.port = new URL(relay.url).port;
      url = there.href;
      loseFirst = async () => {
        await first.stop();
        relay.cut();
        await standby.promote();
        relay.moveTo(standby.url);
      };
    }, 900_000);
    afterAll(() => made.disposeAsync());

    /** What the first server commits from here on is lost with it. */
    async function followsNoMore(): Promise<void> {
      await standby.hasFollowed();
      const client = new pg.Client({ connectionString: standby.url });
      await client.connect();
      await client.query(`ALTER SYSTEM SET primary_conninfo = ''`);
      await client.query('SELECT pg_reload_conf()');
      const receives = async () => (await client.query('SELECT FROM pg_stat_wal_receiver')).rowCount !== 0;
      while (await receives()) await new Promise((resolve) => setTimeout(resolve, 20));
      await client.end();
    }

    test('lacks failures that the portal has counted: whoever goes on, without being started anew, logs in nowhere until it has forgotten them', async () => {
      const [db, agent] = [open(url), open(url, 'rcm_agent')];
      const logins = new Logins(() => ({ db, agent }) as TestDatabase);
      const [on, other] = [await logins.account(), await makeEndpoint(db)];
      await logins.login(on, 'accepted');
      await followsNoMore();
      for (let failure = 0; failure < BUDGET; failure += 1) await logins.login(on, 'unknown');
      expect(await logins.left(on)).toBe(0);
      await loseFirst();
      // Its ledger knows of none of them.
      expect(await beginLoginAttempt(agent, logins.ask(on))).toMatchObject({ allowed: false, reason: 'throttled', until: expect.any(Date) as Date });
      const trail = (orgId: string) =>
        db.transaction({ tenant: orgId }, (tx) => tx.auditEvent.findMany({ where: { orgId, action: 'database.another_place' }, select: { actor: true } }));
      for (const { orgId } of [on, other]) expect(await trail(orgId)).toEqual([{ actor: 'rcm' }]);
      await recordRestore(db, { kind: 'nothing_lost', actor: 'person:os:jane', reason: 'the first one had sent everything' });
      expect(await beginLoginAttempt(agent, logins.ask(on))).toMatchObject({ allowed: true });
    });
  },
);
