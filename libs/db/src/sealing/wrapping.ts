import type { KeyObject } from 'node:crypto';

/** Whose data key it is. What wraps it binds both into the wrapped key: it opens for no other organization and under no other id. */
export interface DataKeyOwner {
  readonly orgId: string;
  /** A UUID, in lower case. */
  readonly keyId: string;
}

export interface WrappedDataKey {
  /** Who wrapped it, as its row says: `kms:…`, `vault:…` or `file:…`. */
  readonly wrappedBy: string;
  readonly wrapped: Uint8Array;
}

/**
 * Makes data keys and opens wrapped ones: AWS KMS, Vault transit, or a key in a file. A data key is a `KeyObject`, which prints nothing of
 * itself. Both calls have a deadline of their own. They fail with `task_data_unreadable` where the wrapped key does not open for this owner; any
 * other failure means "not now".
 */
export interface DataKeyWrapping {
  /** What new keys are wrapped by. */
  readonly wrappedBy: string;
  /** The key files that it opens with, the current one first; a process without one that rows need does not start. Default: none. */
  readonly files?: readonly string[];
  generate(owner: DataKeyOwner): Promise<{ readonly key: KeyObject; readonly wrapped: Uint8Array }>;
  unwrap(owner: DataKeyOwner, wrapped: WrappedDataKey): Promise<KeyObject>;
}

/** Can also wrap a key that is there, so that the key which wraps may be changed. KMS and Vault change theirs themselves. */
export interface DataKeyRewrapping extends DataKeyWrapping {
  rewrap(owner: DataKeyOwner, key: KeyObject): Uint8Array;
}
