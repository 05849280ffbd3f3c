import type { PortalFolder } from './description.ts';
import type { ServedPortal } from './serve.ts';

/** What a person is told once a portal serves: of its accounts the names alone, by which portal.json has their passwords and seeds. */
export const readyLine = ({ name, description }: PortalFolder, { baseUrl, hosts, startMs }: Omit<ServedPortal, 'stop'>): string =>
  JSON.stringify({ portal: name, baseUrl, hosts: Object.fromEntries(hosts), startMs, accounts: Object.keys(description.accounts) });
