/**
 * A small migrated environment for tests of libs/portal-access and the apps: a database, a store and portals that hold the same logins,
 * and the questions a verdict needs (what does the portal accept, what did it count). Real parts only; faults are set at the portals
 * or at the store. Test data only; it must never be pointed at anything it did not start itself.
 */
export { type PortalCode } from '@rcm/platform/seed';
export { type EnvironmentEndpoint, type StoreKind } from './migrated-login.ts';
export { openTestEnvironment, type TestEnvironment, type TestEnvironmentOptions } from './test-environment.ts';
export { type EnvironmentVault } from './vault.ts';
export { type AccountRecord, type FaultSettings, type PortalControl, type PortalLogin, portalControl } from './portal-control.ts';
