import { type KeyObject, randomUUID } from 'node:crypto';
import { hasCode, isRcmError, RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import type { DataKeys } from './held-keys.ts';
import { KeyCache, type KeyCacheLimits, type HeldKey } from './key-cache.ts';
import type { DataKeyOwner, DataKeyWrapping } from './wrapping.ts';

export interface DataKeysOptions extends Partial<KeyCacheLimits> {
  readonly wrapping: DataKeyWrapping;
  readonly transaction: Database['rawTransaction'];
}

interface KeyRow {
  readonly id: string;
  readonly wrapped: Uint8Array;
  readonly wrappedBy: string;
  /** Until nothing new is sealed under it, in ms, by Postgres's clock. */
  readonly leftMs: number;
}

/**
 * The data keys of many organizations: one a day for each, wrapped in `tenant_data_key`. Never asks for a key while a transaction is
 * open, which would hold a connection as long as KMS takes. Fails with `data_key_unavailable` where a key cannot be had now, and with
 * `task_data_unreadable` where its row is gone.
 */
export class CachedDataKeys implements DataKeys {
  readonly #wrapping: DataKeyWrapping;
  readonly #transaction: Database['rawTransaction'];
  readonly #cache: KeyCache;
  readonly #underWay = new Map<string, Promise<HeldKey>>();

  constructor({ wrapping, transaction, ...limits }: DataKeysOptions) {
    this.#wrapping = wrapping;
    this.#transaction = transaction;
    this.#cache = new KeyCache(limits);
  }

  get wrappedBy(): string {
    return this.#wrapping.wrappedBy;
  }

  async current(orgId: string): Promise<HeldKey> {
    const held = this.#cache.toSeal(orgId) ?? (await this.#once(`current ${orgId}`, () => this.#findOrMake(orgId)));
    held.uses += 1;
    return held;
  }

  async byId(orgId: string, keyId: string): Promise<KeyObject> {
    const held = this.#cache.toOpen(orgId, keyId) ?? (await this.#once(`${orgId} ${keyId}`, () => this.#find(orgId, keyId)));
    return held.key;
  }

  forget(keyId: string): void {
    this.#cache.forget(keyId);
  }

  /** One asks for all who wait. */
  #once(what: string, act: () => Promise<HeldKey>): Promise<HeldKey> {
    const running = this.#underWay.get(what);
    if (running) return running;
    const begun = act().finally(() => this.#underWay.delete(what));
    this.#underWay.set(what, begun);
    return begun;
  }

  async #findOrMake(orgId: string): Promise<HeldKey> {
    const spent = this.#cache.spent(orgId);
    // The youngest: one that was made because another had sealed all that it may is then everybody's.
    const [row] = await this.#transaction(
      { tenant: orgId },
      (tx) => tx.$queryRaw<KeyRow[]>`
        SELECT id::text, wrapped, wrapped_by AS "wrappedBy", (extract(epoch FROM seals_until - clock_timestamp()) * 1000)::float8 AS "leftMs"
          FROM tenant_data_key WHERE org_id = ${orgId} AND wrapped_by = ${this.#wrapping.wrappedBy} AND seals_until > clock_timestamp()
         ORDER BY created_at DESC, id LIMIT 1`,
    );
    if (!row || row.id === spent) return this.#make(orgId);
    return this.#cache.add(orgId, { id: row.id, key: await this.#unwrap({ orgId, keyId: row.id }, row), leftMs: row.leftMs, current: true });
  }

  /**
   * Two processes may each make one: both are good. One that dies before the row is written leaves nothing; after it, a key that seals
   * nothing and is forgotten after its day.
   */
  async #make(orgId: string): Promise<HeldKey> {
    const keyId = randomUUID();
    const { key, wrapped } = await this.#asked({ orgId, keyId }, () => this.#wrapping.generate({ orgId, keyId }));
    const [made] = await this.#transaction(
      { tenant: orgId },
      (tx) => tx.$queryRaw<{ leftMs: number }[]>`
        INSERT INTO tenant_data_key (id, org_id, wrapped_by, wrapped, created_at, seals_until)
        SELECT ${keyId}::uuid, ${orgId}, ${this.#wrapping.wrappedBy}, ${wrapped}, n.at, date_trunc('day', n.at, 'UTC') + interval '1 day' FROM (SELECT clock_timestamp() AS at) n
        RETURNING (extract(epoch FROM seals_until - created_at) * 1000)::float8 AS "leftMs"`,
    );
    return this.#cache.add(orgId, { id: keyId, key, leftMs: made?.leftMs ?? 0, current: true });
  }

  async #find(orgId: string, keyId: string): Promise<HeldKey> {
    const [row] = await this.#transaction(
      { tenant: orgId },
      (tx) => tx.$queryRaw<KeyRow[]>`
        SELECT id::text, wrapped, wrapped_by AS "wrappedBy", (extract(epoch FROM seals_until - clock_timestamp()) * 1000)::float8 AS "leftMs"
          FROM tenant_data_key WHERE org_id = ${orgId} AND id = ${keyId}::uuid`,
    );
    if (!row)
      throw new RcmError('task_data_unreadable', `Data key ${keyId} is gone: what was sealed under it cannot be read any more.`, { details: { keyId } });
    return this.#cache.add(orgId, { id: row.id, key: await this.#unwrap({ orgId, keyId }, row), leftMs: row.leftMs, current: false });
  }

  #unwrap(owner: DataKeyOwner, row: KeyRow): Promise<KeyObject> {
    return this.#asked(owner, () => this.#wrapping.unwrap(owner, row));
  }

  /**
   * Whatever a store says of itself, here it means "not now". A wrapped key that does not open is no exception: nobody can tell a row that was changed
   * from a process that was given another wrapping key, and what waits can still be read once the right one is there. Its words stay in the cause, for the log.
   */
  async #asked<T>({ keyId }: DataKeyOwner, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (hasCode(error, 'data_key_unavailable')) throw error;
      throw new RcmError('data_key_unavailable', 'The key of the organization’s task data cannot be had now; ask again.', {
        cause: error,
        details: { keyId, reason: isRcmError(error) ? error.code : 'unexpected' },
      });
    }
  }
}
