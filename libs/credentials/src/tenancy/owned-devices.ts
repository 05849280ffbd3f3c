import { hasCode, type Secret } from '@rcm/telemetry';
import { parseDevice } from '../device.ts';
import type { SecretReference } from '../reference.ts';
import { invalidReference } from '../refusal.ts';
import type { CallOptions, SecretTags, StoredSecret } from '../stores/store.ts';
import { checkTags, onOwned, type OwnedStoreOptions } from './owned-store.ts';

/** What is to be kept, and what was read before it was made. */
export interface DeviceWrite {
  /** As `serializeDevice` makes it. */
  readonly text: Secret<string>;
  /** The version that was read; `null`: there was none. */
  readonly base: string | null;
  readonly tags: SecretTags;
}

/**
 * One tenant's devices, each by its `deviceReference`. Errors: `reference_not_yours`, and `reference_invalid` for what is no device's, before any call; `store_*`, `deadline_exceeded`. `write` fails besides with
 * `payload_invalid` where the text is no device, `payload_too_large`.
 */
export interface DeviceStore {
  /** `null`: none was kept. */
  read(device: SecretReference, options?: CallOptions): Promise<StoredSecret | null>;
  /** `outrun`: somebody has kept another one since `base` was read, which stays. */
  write(device: SecretReference, write: DeviceWrite, options?: CallOptions): Promise<'kept' | 'outrun'>;
}

export function createOwnedDevices(owner: OwnedStoreOptions): DeviceStore {
  return {
    async read(device, options) {
      checkDevice(device);
      return onOwned(owner, device, (store) => store.read(device, options));
    },
    async write(device, { text, base, tags }, options) {
      checkDevice(device);
      checkTags(owner, tags);
      parseDevice(text);
      try {
        await onOwned<object>(owner, device, (store) =>
          base === null ? store.create(device, text, tags, options) : store.replace(device, text, base, options),
        );
        return 'kept';
      } catch (error) {
        if (hasCode(error, 'secret_exists', 'store_conflict', 'secret_missing')) return 'outrun';
        throw error;
      }
    },
  };
}

/** A login is never reached from here. */
function checkDevice({ folder }: SecretReference): void {
  if (folder !== 'devices') throw invalidReference('path');
}
