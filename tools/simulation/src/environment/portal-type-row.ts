import type { PortalTypeRow } from '@rcm/db';
import type { DoorPlan } from './portal-plan.ts';

/** What the platform was told of a portal, as its row holds it. */
export function portalTypeRow({ type }: DoorPlan): PortalTypeRow {
  const plain = { maxTaskConcurrency: null, maintenanceWindows: [], maintenanceTimeZone: 'UTC', passwordExpiresDays: null, expiryHeadStartDays: 7 };
  const decided = { automation: 'allowed', termsVersion: 'of the simulation', termsDate: new Date(0), automationDecidedBy: 'the simulation' } as const;
  const lapses = { dormantAfterDays: null, dormantCounts: 'login', recertifyEveryDays: null, backupCodes: null, verifyEveryDays: null } as const;
  const lockout = { lockoutCounts: 'consecutive', lockoutLastsSeconds: type.lockoutWindowSeconds, lockoutCountsCodes: true } as const;
  return {
    ...plain,
    ...lockout,
    ...decided,
    ...lapses,
    privateHosts: [],
    loopbackHosts: [],
    hostNames: {},
    accountRealm: null,
    formerRealms: [],
    usernameCase: 'exact',
    ...type,
  };
}
