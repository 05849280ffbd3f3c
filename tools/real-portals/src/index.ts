/**
 * Web applications that are not ours, installed from Debian's packages, driven by recipes alone. An application is a folder of
 * `portals/`; no TypeScript names one. Threat model: practice accounts on loopback. Must never be pointed at somebody's live portal.
 */
export { type Account, portalNames, type PortalDescription, type PortalFolder, readPortalFolder } from './description.ts';
export { type Prepared, prepare, serve, type ServedPortal } from './serve.ts';
