import type { Drivers } from '@rcm/portal-access';
import type { PortalDriver, PortalSession } from '@rcm/portal-drivers';
import type { Injector } from './injector.ts';
import type { StagedPassword } from './faulty-stores.ts';

/** How long after its POST was let out a rotator dies in the middle of a change, in ms. Far less than a slow portal takes. */
const IN_FLIGHT_MS = 1_000;

/** The rotator's drivers, told of before, during and after each password that leaves the browser. */
export function faultyDrivers(drivers: Pick<Drivers, 'for' | 'inspect'>, injector: Injector, staged: StagedPassword): Pick<Drivers, 'for' | 'inspect'> {
  return {
    for(portalType): PortalDriver {
      const driver = drivers.for(portalType);
      return { hash: driver.hash, openSession: async (options) => faultySession(await driver.openSession(options), injector, staged) };
    },
    inspect: (portalType, where) => drivers.inspect(portalType, where),
  };
}

function faultySession(session: PortalSession, injector: Injector, staged: StagedPassword): PortalSession {
  return {
    ...session,
    async login(options) {
      const act = options.credential.password.reveal() === staged.value ? 'prove' : 'login';
      injector.at(act, 'before');
      const beforeSubmit = async (): Promise<void> => {
        await options.beforeSubmit();
        injector.at(act, 'during');
      };
      const result = await session.login({ ...options, beforeSubmit });
      injector.at(act, 'after');
      return result;
    },
    async changePassword(options) {
      injector.at('change', 'before');
      let isSent = false;
      const beforeSubmit = async (): Promise<void> => {
        await options.beforeSubmit();
        isSent = true;
        injector.soon('change', 'during', IN_FLIGHT_MS);
      };
      try {
        return await session.changePassword({ ...options, beforeSubmit });
      } finally {
        // Also where a driver on a busy machine could not tell any more what came of it.
        if (isSent) injector.at('change', 'after');
      }
    },
  };
}
