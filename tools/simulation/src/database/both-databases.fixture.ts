import { createHash } from 'node:crypto';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { isRcmError } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import pg from 'pg';
import { Inside } from '../time/inside.fixture.ts';
import type { SimProcess } from '../time/sim-process.ts';
import { addIdentity } from './identities.ts';
import { ModelDatabase } from './model-database.ts';
import * as model from './operations.ts';
import * as real from './real.ts';

export type Name = keyof typeof model & keyof typeof real;

export interface Place {
  readonly orgId: string;
  readonly endpointId: string;
  readonly loginIdentity: string;
  readonly secretArn: string;
  readonly portalTypeCode: string;
}

/** What the same row is called on the two sides. */
export interface Pair {
  readonly real: string;
  readonly model: string;
}

export const identityOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Postgres and the model, which are asked the same and whose time passes together. */
export class BothDatabases {
  readonly #inside: Inside;
  #process: SimProcess;
  readonly #model: ModelDatabase;
  /** As the rotator logs in: row level security holds for it. */
  readonly #real: real.Database;
  readonly #owner: real.Database;
  readonly #raw: pg.Pool;
  readonly #drop: () => Promise<void>;
  readonly #begun = { real: Date.now(), model: 0 };
  #passedMs = 0;
  #stamps: readonly { readonly table: string; readonly columns: readonly string[] }[] = [];
  /** Rows whose ids differ. */
  readonly pairs: Pair[] = [];

  private constructor(seed: string, url: string, drop: () => Promise<void>) {
    this.#inside = new Inside(seed);
    this.#process = this.#inside.process('both');
    this.#model = new ModelDatabase({ outside: this.#inside.outside, scheduler: this.#inside.scheduler, random: this.#inside.random });
    this.#real = real.openDatabase({
      url: urlFor('rcm_rotator', url),
      applicationName: 'both',
      maxConnections: 2,
      clock: () => Date.now() + this.#process.clockOffMs,
    });
    this.#owner = real.openDatabase({ url, applicationName: 'owner', maxConnections: 1 });
    this.#raw = new pg.Pool({ connectionString: url, max: 1 });
    this.#drop = drop;
    this.#begun.model = this.#inside.scheduler.now;
  }

  static async open(seed: string): Promise<BothDatabases> {
    const { url, drop } = await freshDatabase({ migrate: migrateWithLogins });
    const both = new BothDatabases(seed, url, drop);
    const { rows } = await both.#raw.query<{ table: string; columns: string[] }>(
      `SELECT table_name AS table, array_agg(column_name::text) AS columns FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' AND table_name NOT LIKE '\\_%' GROUP BY table_name`,
    );
    both.#stamps = rows;
    return both;
  }

  async addPortalType(type: real.NewPortalType): Promise<void> {
    this.#model.tables.portalTypes.set(type.code, await real.upsertPortalType(this.#owner, type));
  }

  async addEndpoint({ orgId, endpointId, loginIdentity, secretArn, portalTypeCode }: Place, host: string): Promise<void> {
    await real.upsertOrganization(this.#owner, { id: orgId, name: orgId });
    const baseUrl = `https://${host}/`;
    await real.insertEndpoint(this.#owner, { id: endpointId, orgId, portalTypeCode, accountId: 'account', baseUrl });
    await this.#raw.query('INSERT INTO login_identity (id) VALUES ($1) ON CONFLICT DO NOTHING', [loginIdentity]);
    await this.#raw.query(
      `UPDATE integration_endpoint SET login_identity = $2, secret_arn = $3, current_version = '1', rotation_status = 'active' WHERE id = $1`,
      [endpointId, loginIdentity, secretArn],
    );
    if (this.#model.tables.identities.get(loginIdentity) === null) addIdentity(this.#model, { id: loginIdentity, keyId: '1' });
    this.#model.tables.endpoints.put({
      ...{ id: endpointId, orgId, portalTypeCode, accountId: 'account', baseUrl, secretArn, currentVersion: '1', loginIdentity, rotationStatus: 'active' },
      ...{
        lastRotatedAt: null,
        nextRotationAt: null,
        hasLegacyCredentials: false,
        rotationNotBefore: null,
        followed: null,
        searchWantedAt: null,
        searchedAt: null,
        searchRequests: 0,
        retiredAt: null,
        retiredSecretArn: null,
      },
    });
  }

  /** Whoever asks has a clock from now on that is so far ahead of both databases'. */
  setAskersClock(aheadMs: number): void {
    this.#process = this.#inside.process('both', 'rotator', aheadMs);
  }

  /** For Postgres, whose clock cannot be set, everything moves into the past. */
  async pass(ms: number): Promise<void> {
    this.#passedMs += ms;
    const days = Math.floor(ms / 86_400_000);
    const moves = this.#stamps.map(
      ({ table, columns }) => `UPDATE "${table}" SET ${columns.map((c) => `"${c}" = "${c}" - interval '${ms} milliseconds'`).join(', ')}`,
    );
    await this.#raw.query(
      ['BEGIN', 'SET LOCAL session_replication_role = replica', ...moves, `UPDATE portal_gate SET canary_day = canary_day - ${days}`, 'COMMIT'].join('; '),
    );
  }

  /** Moments are given as ms from now; what differs in name is given for each side. */
  async ask(name: Name, given: (side: 'real' | 'model', now: number) => unknown): Promise<{ readonly real: unknown; readonly model: unknown }> {
    const asked = async (act: (given: unknown) => Promise<unknown>, side: 'real' | 'model', now: number): Promise<unknown> => {
      try {
        return await act(given(side, now));
      } catch (error) {
        if (isRcmError(error)) return { code: error.code };
        throw error;
      }
    };
    const ofReal = real[name] as (db: real.Database, given: unknown) => Promise<unknown>;
    const ofModel = model[name] as unknown as (db: ModelDatabase, given: unknown) => Promise<unknown>;
    const one = await asked((args) => ofReal(this.#real, args), 'real', Date.now());
    const { scheduler } = this.#inside;
    scheduler.now = Math.max(scheduler.now, this.#begun.model + (Date.now() - this.#begun.real) + this.#passedMs);
    const other = await this.#inside.run(this.#process, () => asked((args) => ofModel(this.#model, args), 'model', scheduler.now), 100);
    return { real: one, model: other };
  }

  /** Where the answers differ; `null`: nowhere. Moments may differ by as long as one question takes. */
  differs(one: unknown, other: unknown, at = ''): string | null {
    if (one instanceof Date && other instanceof Date) {
      // A day that a person wrote down is no moment.
      if (at.endsWith('.termsDate')) return one.getTime() === other.getTime() ? null : `${at}: ${one.toISOString()}, in the model ${other.toISOString()}`;
      const [a, b] = [one.getTime() - Date.now(), other.getTime() - this.#inside.scheduler.now];
      return Math.abs(a - b) < TOLERANCE_MS
        ? null
        : `${at}: ${one.toISOString()} is ${Math.round(a / 1000)} s from now, in the model ${Math.round(b / 1000)} s`;
    }
    if (typeof one === 'bigint' && typeof other === 'bigint') return null;
    if (typeof one === 'number' && typeof other === 'number' && at.endsWith('Ms'))
      return Math.abs(one - other) < TOLERANCE_MS ? null : `${at}: ${one}, in the model ${other}`;
    if (Array.isArray(one) && Array.isArray(other)) {
      if (one.length !== other.length) return `${at}: ${one.length} entries, in the model ${other.length}`;
      return one.map((entry, place) => this.differs(entry, other[place], `${at}[${place}]`)).find((difference) => difference !== null) ?? null;
    }
    if (typeof one === 'object' && typeof other === 'object' && one !== null && other !== null && !(one instanceof Date)) {
      const [a, b] = [one as Record<string, unknown>, other as Record<string, unknown>];
      const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
      return [...keys].map((key) => this.differs(a[key], b[key], `${at}.${key}`)).find((difference) => difference !== null) ?? null;
    }
    if (one === other || (one === undefined && other === null)) return null;
    if (this.pairs.some((pair) => pair.real === one && pair.model === other)) return null;
    return `${at}: ${String(one)}, in the model ${String(other)}`;
  }

  async close(): Promise<void> {
    await this.#real.close();
    await this.#owner.close();
    await this.#raw.end();
    await this.#drop();
  }
}

const TOLERANCE_MS = 60_000;
