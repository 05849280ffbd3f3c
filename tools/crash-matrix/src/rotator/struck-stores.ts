import { parsePayload, type SecretStore, type TenantStores } from '@rcm/credentials';
import type { Strike } from './strike.ts';

/** What the drivers must know to tell a login with the staged password from one with the current. */
export interface StagedPassword {
  value: string | null;
}

/** The rotator's stores, told of before and after each write. */
export function struckStores(stores: TenantStores, strike: Strike, staged: StagedPassword): TenantStores {
  return {
    close: () => stores.close(),
    forTenant(orgId): SecretStore {
      const store = stores.forTenant(orgId);
      return {
        ...store,
        async stage(...parameters) {
          strike.at('stage', 'before');
          const result = await store.stage(...parameters);
          strike.at('stage', 'after');
          return result;
        },
        async readStaged(...parameters) {
          const found = await store.readStaged(...parameters);
          if (found) staged.value = parsePayload(found.text).reveal().password;
          return found;
        },
        async promote(...parameters) {
          strike.at('promote', 'before');
          const result = await store.promote(...parameters);
          strike.at('promote', 'after');
          return result;
        },
        async discard(...parameters) {
          strike.at('discard', 'before');
          await store.discard(...parameters);
          strike.at('discard', 'after');
        },
      };
    },
  };
}
