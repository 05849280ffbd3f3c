import type { KeyObject } from 'node:crypto';

/** Whose data key it is: both are bound into the wrapped one. */
export interface DataKeyOwner {
  readonly orgId: string;
  /** A UUID, in lower case. */
  readonly keyId: string;
}

export interface WrappedDataKey {
  /** `kms:…` or `vault:…`: the key that wrapped it. */
  readonly wrappedBy: string;
  readonly wrapped: Uint8Array;
}

/**
 * Makes and opens the keys that data of one organization is sealed under. Each is asked for with the tenant's own session, and opens for no
 * other organization and under no other id. Fails with `task_data_unreadable` where the wrapped key is not this owner's, and with
 * `store_denied`, `store_throttled`, `store_unavailable`, `deadline_exceeded`.
 */
export interface TenantDataKeys {
  readonly wrappedBy: string;
  generate(owner: DataKeyOwner): Promise<{ readonly key: KeyObject; readonly wrapped: Uint8Array }>;
  unwrap(owner: DataKeyOwner, wrapped: WrappedDataKey): Promise<KeyObject>;
  close(): Promise<void>;
}
