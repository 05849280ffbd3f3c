import type { Database } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { Secret } from '@rcm/telemetry';

/** The `config` of endpoints, to the digit, as psql would write and show it. */
export class RowConfigs {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** An endpoint of north-1 with this `config`. */
  async put(id: string, config: string): Promise<void> {
    await insertEndpoint(this.#db, {
      id,
      orgId: 'north-1',
      portalTypeCode: 'alpine',
      accountId: `account-${id}`,
      baseUrl: 'https://alpine.example/',
      config: new Secret({}),
    });
    await this.write(id, config);
  }

  async write(id: string, config: string): Promise<void> {
    await this.#db.transaction('every tenant', (tx) => tx.$executeRaw`UPDATE integration_endpoint SET config = ${config}::jsonb WHERE id = ${id}`);
  }

  async configOf(id: string): Promise<string> {
    const rows = await this.#db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ text: string }[]>`SELECT config::text AS text FROM integration_endpoint WHERE id = ${id}`,
    );
    return rows[0]?.text ?? '';
  }

  /** Whether Postgres takes the two for the same JSON. */
  async same(one: string, other: string): Promise<boolean> {
    const rows = await this.#db.transaction('no tenant', (tx) => tx.$queryRaw<{ same: boolean }[]>`SELECT ${one}::jsonb = ${other}::jsonb AS same`);
    return rows[0]?.same ?? false;
  }
}

/** Whatever is JSON in a text, opened. */
export function unfolded(value: unknown): unknown {
  if (typeof value === 'string' && /^\s*["[{]/.test(value)) {
    try {
      return unfolded(JSON.parse(value));
    } catch {
      return value;
    }
  }
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? value.map(unfolded) : Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unfolded(inner)]));
}
