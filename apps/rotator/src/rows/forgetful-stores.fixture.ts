import { type StoredSecret, type TenantStores } from '@rcm/credentials';
import { RcmError } from '@rcm/telemetry';

/** After a promote was refused, current is read to name the edit; so many reads after that, the second of which is built on, show what lay there `before`. */
export function behind(stores: TenantStores, before: StoredSecret, forReads: number): TenantStores {
  let reads = Number.NEGATIVE_INFINITY;
  return {
    close: () => stores.close(),
    forTenant(orgId) {
      const store = stores.forTenant(orgId);
      return {
        ...store,
        async promote(...asked) {
          return store.promote(...asked).catch((error: unknown) => {
            reads = 0;
            throw error;
          });
        },
        async read(...asked) {
          reads += 1;
          return reads >= 2 && reads < 2 + forReads ? before : store.read(...asked);
        },
      };
    },
  };
}

/**
 * A promotion that meets an edit and has written over it: the edit is put back, and the second and third read after that, the last of which is built on, show once more what the promotion had written.
 */
export function losing(stores: TenantStores, edit: (text: StoredSecret['text']) => StoredSecret['text'], history: 'shown' | 'behind' = 'shown'): TenantStores {
  let reads = Number.NEGATIVE_INFINITY;
  let written: StoredSecret | null = null;
  return {
    close: () => stores.close(),
    forTenant(orgId) {
      const store = stores.forTenant(orgId);
      return {
        ...store,
        async promote(slot, base, options) {
          if (written !== null) return store.promote(slot, base, options);
          const [current, staged] = [await store.read(slot.current), await store.readStaged(slot)];
          if (!current || !staged) throw new Error('there is nothing to promote');
          const { version } = await store.replace(slot.current, staged.text, base);
          written = { text: staged.text, version };
          await store.replace(slot.current, edit(current.text), version);
          reads = 0;
          throw new RcmError('store_conflict', 'what had been overwritten was put back');
        },
        async read(...asked) {
          reads += 1;
          return reads >= 2 && reads < 4 && written !== null ? written : store.read(...asked);
        },
        readVersion: async (...asked) => (history === 'behind' && reads >= 2 && reads < 4 ? null : store.readVersion(...asked)),
      };
    },
  };
}
