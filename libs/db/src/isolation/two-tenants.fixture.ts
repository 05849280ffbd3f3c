import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { ALL_ROLES, type AppRole } from '../roles/app-role.ts';
import { upsertPortalType } from '../endpoints/seed.ts';
import { urlFor } from '../testing.ts';
import { identityOf, openTestDatabase, PORTAL, type TestDatabase } from '../testing.fixture.ts';
import { TENANT_ROWS, tenantColumn } from './tenant-rows.fixture.ts';

export interface Tenant {
  readonly orgId: string;
  readonly endpointId: string;
  readonly loginIdentity: string;
  readonly uuid: string;
}

/** An app's role, and one that has every right on every table, so that nothing but the policies holds it back. */
export type Asking = AppRole | 'every_right';
export const ASKING: readonly Asking[] = [...ALL_ROLES, 'every_right'];

/** What became of a statement: how many rows it touched, or the SQLSTATE that refused it. */
export type Outcome = { readonly rows: number } | { readonly refused: string };

export interface TwoTenants {
  readonly t: TestDatabase;
  readonly mine: Tenant;
  readonly other: Tenant;
  /** Runs one statement with a role's rights in a transaction of its own, which is rolled back. `null`: no tenant is set. */
  ask(role: Asking, tenant: string | null, text: string, values?: readonly unknown[]): Promise<Outcome>;
  close(): Promise<void>;
}

const tenant = (name: string): Tenant => ({ orgId: name, endpointId: `${name}-endpoint`, loginIdentity: identityOf(name), uuid: randomUUID() });
export const valuesOf = ({ orgId, endpointId, loginIdentity, uuid }: Tenant): string[] => [orgId, endpointId, loginIdentity, uuid];

/** A database in which two organizations have one row each in every table that holds a tenant's data. */
export async function openTwoTenants(): Promise<TwoTenants> {
  const t = await openTestDatabase();
  await upsertPortalType(t.db, PORTAL);
  const [mine, other] = [tenant('mine'), tenant('other')];
  // An endpoint that is made tells of itself: one row more than the one of the list.
  const tells = 'TRIGGER integration_endpoint_is_told';
  await t.sql(`ALTER TABLE integration_endpoint DISABLE ${tells}`);
  for (const each of [mine, other]) for (const insert of Object.values(TENANT_ROWS)) await t.sql(insert, valuesOf(each));
  await t.sql(`ALTER TABLE integration_endpoint ENABLE ${tells}`);
  const everyRight = await makeEveryRight(t);
  const pools = { ...rolePools(t), every_right: everyRight.pool };
  return {
    t,
    mine,
    other,
    async ask(role, orgId, text, values = []) {
      const client = await pools[role].connect();
      try {
        await client.query('BEGIN');
        if (orgId !== null) await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [orgId]);
        return { rows: (await client.query(text, [...values])).rowCount ?? 0 };
      } catch (error) {
        return { refused: String((error as { code?: unknown }).code) };
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    },
    async close() {
      await Promise.all(Object.values(pools).map((pool) => pool.end()));
      await everyRight.drop();
      await t.close();
    },
  };
}

function rolePools(t: TestDatabase): Record<AppRole, pg.Pool> {
  const pool = (role: AppRole) => new pg.Pool({ connectionString: urlFor(role, t.url), max: 2 });
  return Object.fromEntries(ALL_ROLES.map((role) => [role, pool(role)])) as Record<AppRole, pg.Pool>;
}

/** Roles are the cluster's: this one has a name of its own per database. */
async function makeEveryRight(t: TestDatabase): Promise<{ readonly pool: pg.Pool; drop(): Promise<void> }> {
  const url = new URL(t.url);
  const role = `every_right_${url.pathname.slice(-8)}`;
  await t.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'every-right'`);
  await t.sql(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
  [url.username, url.password] = [role, 'every-right'];
  return {
    pool: new pg.Pool({ connectionString: url.href, max: 2 }),
    drop: async () => void (await t.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`)),
  };
}

/** A condition that holds for a tenant's rows of a table and no others. */
export function rowsOf(table: string, { orgId, loginIdentity }: Tenant): string {
  const column = tenantColumn(table);
  return column === null ? `id = '${loginIdentity}'` : `${column} = '${orgId}'`;
}
