import { type CallOptions, parsePayload, type SecretStore, type TenantStores } from '@rcm/credentials';
import type { Act } from '../cells/crash-point.ts';
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
      const around = async <T>(act: Act, write: () => Promise<T>): Promise<T> => {
        injector.at(act, 'before');
        const result = await write();
        injector.at(act, 'after');
        return result;
      };
      return {
        ...store,
        stage: (...parameters) => around('stage', () => store.stage(...parameters)),
        async readStaged(...parameters) {
          const found = await store.readStaged(...parameters);
          if (found) staged.value = parsePayload(found.text).reveal().password;
          return found;
        },
        promote: (slot, base, options) => around('promote', () => store.promote(slot, base, faultyCall(options, injector))),
        replace: (reference, text, base, options) => around('promote', () => store.replace(reference, text, base, faultyCall(options, injector))),
        discard: (slot, options) => around('discard', () => store.discard(slot, faultyCall(options, injector))),
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
