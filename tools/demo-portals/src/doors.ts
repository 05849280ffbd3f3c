import { listen, type Listener } from './listen.ts';
import { portalCodes, type PortalCode } from './portal-code.ts';
import type { Records } from './records/database.ts';
import { readSetting } from './records/settings.ts';

type App = Parameters<typeof listen>[1]['app'];

/**
 * The portals' second addresses, as one sign-in has a www and an app: same pages, accounts, locks and sessions. One that was
 * opened is there again after a restart on the same records, at the same address.
 */
export class SecondDoors {
  readonly #records: Records;
  readonly #apps: Readonly<Record<PortalCode, App>>;
  readonly #opened = new Map<PortalCode, Promise<Listener>>();

  constructor(records: Records, apps: Readonly<Record<PortalCode, App>>) {
    this.#records = records;
    this.#apps = apps;
  }

  /** Its base URL; opened where it is not yet, at `port` (0: that of the last time, or a free one). Fails with `port_unavailable`. */
  async open(portal: PortalCode, port = 0): Promise<string> {
    const door = this.#opened.get(portal) ?? listen(this.#records, { name: nameOf(portal), port, app: this.#apps[portal] });
    this.#opened.set(portal, door);
    // One that could not be opened may be asked for again.
    door.catch(() => this.#opened.delete(portal));
    return (await door).baseUrl;
  }

  /** Opens those that were open before. Fails with `port_unavailable`. */
  async reopen(): Promise<void> {
    for (const portal of portalCodes) if (readSetting(this.#records, `port/${nameOf(portal)}`) !== null) await this.open(portal);
  }

  async close(): Promise<void> {
    const doors = await Promise.allSettled(this.#opened.values());
    await Promise.all(doors.map((door) => (door.status === 'fulfilled' ? door.value.close() : undefined)));
  }
}

const nameOf = (portal: PortalCode): string => `${portal}-second`;
