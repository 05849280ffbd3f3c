import type { KeyObject } from 'node:crypto';
import type { HeldKey } from './key-cache.ts';

/** The data keys of many organizations, as what seals and opens the contents of tasks has them. */
export interface DataKeys {
  /** What new keys are wrapped by. */
  readonly wrappedBy: string;
  /** The key that new values of an organization are sealed under; each call is one value more. */
  current(orgId: string): Promise<HeldKey>;
  /** The key of a value that is there. */
  byId(orgId: string, keyId: string): Promise<KeyObject>;
  /** After its row turned out to be gone. */
  forget(keyId: string): void;
}
