import type { CredentialManager, IdentityKeys, TenantDevices } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import type { LeaseTiming } from '@rcm/db/holding';
import type { BreakerRules } from '@rcm/db/rotation';
import type { Clock, Logger, Metrics } from '@rcm/telemetry';
import type { Drivers } from './drivers.ts';
import type { LegacyReading } from './legacy-reading.ts';
import type { LoginTiming } from './login-request.ts';
import type { SessionCache } from './session-cache.ts';

export interface AgentAccess {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is measured of leases and logins. Default: nothing. */
  readonly metrics?: Metrics | undefined;
  readonly credentials: CredentialManager;
  readonly drivers: Drivers;
  readonly sessions: SessionCache;
  readonly lease: LeaseTiming;
  readonly login: LoginTiming;
  /** When a portal is taken to be ill, and not its passwords. */
  readonly illness: Pick<BreakerRules, 'windowMs' | 'suspects'>;
  /** What accounts and passwords are known by. */
  readonly keys: IdentityKeys;
  /** Where devices are kept that portals know. Default: none is used, and none kept. */
  readonly devices?: TenantDevices | undefined;
  /** How a login is used that still lies in its row. Default: it is not (docs/migration.md). */
  readonly legacy?: LegacyReading | undefined;
}
