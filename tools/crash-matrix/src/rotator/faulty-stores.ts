import { type CallOptions, parsePayload, type SecretStore, type TenantStores } from '@rcm/credentials';
import type { Injector } from './injector.ts';

/** What the drivers must know to tell a login with the staged password from one with the current. */
export interface StagedPassword {
  value: string | null;
}

/**
 * The rotator's stores, told of before and after each write, and of when nothing but the call itself is left of one that cannot be taken back: `during`, the
 * lease has been looked at. `promote` is whatever makes a password current: the staged payload as it is, or the password alone.
 */
export function faultyStores(stores: TenantStores, injector: Injector, staged: StagedPassword): TenantStores {
  return {
    close: () => stores.close(),
    forTenant(orgId): SecretStore {
      const store = stores.forTenant(orgId);
      return {
        ...store,
        async stage(...parameters) {
          injector.at('stage', 'before');
          const result = await store.stage(...parameters);
          injector.at('stage', 'after');
          return result;
        },
        async readStaged(...parameters) {
          const found = await store.readStaged(...parameters);
          if (found) staged.value = parsePayload(found.text).reveal().password;
          return found;
        },
        async promote(slot, base, options) {
          injector.at('promote', 'before');
          const result = await store.promote(slot, base, faultyCall(options, injector));
          injector.at('promote', 'after');
          return result;
        },
        async replace(reference, text, base, options) {
          injector.at('promote', 'before');
          const result = await store.replace(reference, text, base, faultyCall(options, injector));
          injector.at('promote', 'after');
          return result;
        },
        async discard(slot, options) {
          injector.at('discard', 'before');
          await store.discard(slot, faultyCall(options, injector));
          injector.at('discard', 'after');
        },
      };
    },
  };
}

const faultyCall = (options: CallOptions | undefined, injector: Injector): CallOptions => ({
  ...options,
  async beforeWrite(act) {
    await options?.beforeWrite?.(act);
    if (act !== 'put_back') injector.at(act === 'discard' ? 'discard' : 'promote', 'during');
  },
});
