import type { Drivers } from '@rcm/portal-access';
import type { PortalDriver, PortalSession } from '@rcm/portal-drivers';
import type { Struck } from './strike.ts';
import type { StagedPassword } from './struck-stores.ts';

/** How long after its POST was let out a rotator dies in the middle of a change, in ms. Far less than a slow portal takes. */
const IN_FLIGHT_MS = 1_000;

/** The rotator's drivers, told of before, during and after each password that leaves the browser. */
export function struckDrivers(drivers: Pick<Drivers, 'for'>, strike: Struck, staged: StagedPassword): Pick<Drivers, 'for'> {
  return {
    for(portalType): PortalDriver {
      const driver = drivers.for(portalType);
      return { hash: driver.hash, openSession: async (options) => struckSession(await driver.openSession(options), strike, staged) };
    },
  };
}

function struckSession(session: PortalSession, strike: Struck, staged: StagedPassword): PortalSession {
  return {
    ...session,
    async login(options) {
      const act = options.credential.password.reveal() === staged.value ? 'prove' : 'login';
      strike.at(act, 'before');
      const beforeSubmit = async (): Promise<void> => {
        await options.beforeSubmit();
        strike.at(act, 'during');
      };
      const result = await session.login({ ...options, beforeSubmit });
      strike.at(act, 'after');
      return result;
    },
    async changePassword(options) {
      strike.at('change', 'before');
      let isSent = false;
      const beforeSubmit = async (): Promise<void> => {
        await options.beforeSubmit();
        isSent = true;
        strike.soon('change', 'during', IN_FLIGHT_MS);
      };
      try {
        return await session.changePassword({ ...options, beforeSubmit });
      } finally {
        // Also where a driver on a busy machine could not tell any more what came of it.
        if (isSent) strike.at('change', 'after');
      }
    },
  };
}
