import { credentialReference, type SecretStore } from '@rcm/credentials';
import { type Database, openDatabase } from '@rcm/db';
import type { Seed } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import type { TestEnvironment } from './testing.fixture.ts';

type Transaction = Parameters<Parameters<Database['transaction']>[1]>[0];

/** Somebody who edits `config.credentials` by hand, in a session of their own, whatever a migrator is doing meanwhile. */
export interface Person {
  /** Types another password into the row. Resolves when that is committed, or when it is seen to wait for somebody's lock. */
  types(seed: Seed, password: string): Promise<void>;
  /** All that was begun is committed. */
  done(): Promise<void>;
  close(): Promise<void>;
}

const SESSION = 'a person with psql';

export function hirePerson(testEnvironment: TestEnvironment): Person {
  const session = openDatabase({ url: testEnvironment.url, applicationName: SESSION, maxConnections: 1 });
  const begun: Promise<void>[] = [];
  const waits = async (): Promise<boolean> => {
    const [seen] = await testEnvironment.db.transaction(
      'no tenant',
      (tx) => tx.$queryRaw<{ waits: boolean }[]>`
        SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = ${SESSION} AND wait_event_type = 'Lock') AS waits`,
    );
    return seen?.waits ?? false;
  };
  return {
    async types(seed, password) {
      const text = typed(seed, password);
      let committed = false;
      const act = session
        .transaction(
          'every tenant',
          (tx) => tx.$executeRaw`UPDATE integration_endpoint SET config = jsonb_set(config, '{credentials}', ${text}::jsonb) WHERE id = ${seed.id}`,
        )
        .then(() => void (committed = true));
      begun.push(act);
      while (!committed && !(await waits())) await Promise.race([act, new Promise((resolve) => setTimeout(resolve, 20))]);
    },
    done: async () => void (await Promise.all(begun)),
    close: () => session.close(),
  };
}

const typed = (seed: Seed, password: string): string => JSON.stringify({ ...(seed.credentials as object), password });

export interface Interrupted {
  readonly migration: OpenMigration;
  /** Whether the instant came. */
  readonly came: () => boolean;
}

/**
 * A migrator beside which `act` happens at its `at`-th instant, or at each. There is an instant before and after every transaction and every call of the
 * store, and before every statement inside a transaction.
 */
export function interrupted(migration: OpenMigration, { at, act }: { readonly at: number | 'each'; readonly act: () => Promise<void> }): Interrupted {
  let instants = 0;
  const instant = async (): Promise<void> => {
    instants += 1;
    if (at === 'each' || instants === at) await act();
  };
  const between = async <T>(call: () => Promise<T>): Promise<T> => {
    await instant();
    const answer = await call();
    await instant();
    return answer;
  };
  const db: Database = {
    ...migration.db,
    transaction: (scope, work) => between(() => migration.db.transaction(scope, (tx) => work(withInstants(tx, instant)))),
  };
  const store = (real: SecretStore): SecretStore => ({
    ...real,
    read: (...args) => between(() => real.read(...args)),
    readMany: (...args) => between(() => real.readMany(...args)),
    create: (...args) => between(() => real.create(...args)),
    replace: (...args) => between(() => real.replace(...args)),
  });
  return {
    migration: { ...migration, db, stores: { ...migration.stores, forTenant: (orgId) => store(migration.stores.forTenant(orgId)) } },
    came: () => at === 'each' || instants >= at,
  };
}

const withInstants = (tx: Transaction, instant: () => Promise<void>): Transaction =>
  new Proxy(tx, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== '$queryRaw' && name !== '$executeRaw') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        await instant();
        return (value as (...parts: unknown[]) => Promise<unknown>).apply(target, args);
      };
    },
  });

/** Where a login lies with this password, to the last field: in the row, in the store's current version. Nothing of the migrator is asked. */
export async function placesOf(testEnvironment: TestEnvironment, migration: OpenMigration, seed: Seed, password: string): Promise<('row' | 'store')[]> {
  const text = typed(seed, password);
  const [row] = await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ holds: boolean }[]>`
      SELECT coalesce(config->'credentials' = ${text}::jsonb, false) AS holds FROM integration_endpoint WHERE id = ${seed.id}`,
  );
  const reference = credentialReference({
    ...migration.places.new[0],
    environment: migration.places.environment,
    orgId: seed.orgId,
    endpointId: seed.id,
    portalAccountId: `account-${seed.id}`,
  });
  const stored = await migration.stores.forTenant(seed.orgId).read(reference);
  const same = async (other: string): Promise<boolean> => {
    const [answer] = await testEnvironment.db.transaction(
      'no tenant',
      (tx) => tx.$queryRaw<{ same: boolean }[]>`SELECT ${other}::jsonb = ${text}::jsonb AS same`,
    );
    return answer?.same ?? false;
  };
  return [...(row?.holds ? (['row'] as const) : []), ...(stored && (await same(stored.text.reveal())) ? (['store'] as const) : [])];
}
