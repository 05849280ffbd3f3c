import { type App, listen, type Listener } from './listen.ts';
import { realmCodes, type RealmCode } from './portal-code.ts';
import type { DeltaSite } from './portals/delta/sign-on.ts';
import type { Records } from './records/database.ts';
import { readSetting } from './records/settings.ts';

/** A second address of a portal or of the provider; or the provider, or one of its applications. */
export type DoorName = `${RealmCode}-second` | DeltaSite;

/** The provider is a host of its own: no cookie of it is sent to an application. */
const HOSTS: Readonly<Partial<Record<DoorName, string>>> = { delta: '127.0.0.2' };

/**
 * What is opened when somebody asks for it: the portals' second addresses, as one sign-in has a www and an app (same pages, accounts, locks and sessions); the
 * provider and its applications. One that was opened is there again after a restart on the same records, at the same address.
 */
export class Doors {
  readonly #records: Records;
  readonly #apps: Readonly<Record<DoorName, App>>;
  readonly #opened = new Map<DoorName, Promise<Listener>>();

  constructor(records: Records, apps: Readonly<Record<DoorName, App>>) {
    this.#records = records;
    this.#apps = apps;
  }

  /** Its base URL; opened where it is not yet, at `port` (0: that of the last time, or a free one). Fails with `port_unavailable`. */
  async open(name: DoorName, port = 0): Promise<string> {
    const door = this.#opened.get(name) ?? listen(this.#records, { name, port, app: this.#apps[name], host: HOSTS[name] });
    this.#opened.set(name, door);
    // One that could not be opened may be asked for again.
    door.catch(() => this.#opened.delete(name));
    return (await door).baseUrl;
  }

  /** Opens those that were open before. Fails with `port_unavailable`. */
  async reopen(): Promise<void> {
    for (const name of Object.keys(this.#apps) as DoorName[]) if (readSetting(this.#records, `port/${name}`) !== null) await this.open(name);
  }

  async close(): Promise<void> {
    const doors = await Promise.allSettled(this.#opened.values());
    await Promise.all(doors.filter((door) => door.status === 'fulfilled').map((door) => door.value.close()));
  }
}

/** The apps behind second addresses, by the doors' names. */
export const secondDoors = (apps: Readonly<Record<RealmCode, App>>) =>
  Object.fromEntries(realmCodes.map((code) => [`${code}-second`, apps[code]])) as Record<`${RealmCode}-second`, App>;
