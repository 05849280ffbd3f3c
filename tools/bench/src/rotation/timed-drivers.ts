import type { Drivers } from '@rcm/portal-access';
import type { PortalDriver } from '@rcm/portal-drivers';

/** Drivers that add up how long their contexts were open. */
export function timedDrivers(drivers: Pick<Drivers, 'for' | 'inspect'>, onClosed: (ms: number) => void): Pick<Drivers, 'for' | 'inspect'> {
  return { for: (portalType) => timedDriver(drivers.for(portalType), onClosed), inspect: (portalType, where) => drivers.inspect(portalType, where) };
}

export function timedDriver(driver: PortalDriver, onClosed: (ms: number) => void): PortalDriver {
  return {
    ...driver,
    async openSession(options) {
      const session = await driver.openSession(options);
      const openedAt = performance.now();
      let open = true;
      return {
        ...session,
        async close() {
          await session.close();
          if (open) onClosed(performance.now() - openedAt);
          open = false;
        },
      };
    },
  };
}
