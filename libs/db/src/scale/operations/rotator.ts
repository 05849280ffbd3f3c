import { assessPortalTypes } from '../../admission/breaker.ts';
import { refusesOthers } from '../../admission/health.ts';
import { listStartable } from '../../admission/startable.ts';
import { takeStartable } from '../../admission/take-startable.ts';
import { endLeftActs, takeActs } from '../../asked-acts/take.ts';
import { newestBackupRun } from '../../backups/backup-runs.ts';
import { listOtherSecrets } from '../../endpoints/other-secrets.ts';
import { listDueEndpoints } from '../../endpoints/schedule.ts';
import { countRefusedLogins, listWantedSearches } from '../../endpoints/search.ts';
import { fleetFigures } from '../../fleet/figures.ts';
import { listCopiesElsewhere, listCopiesToRemove } from '../../journal/copies.ts';
import { earlierVersions } from '../../journal/earlier-versions.ts';
import { keptLength } from '../../journal/kept-length.ts';
import { listLeftRequests } from '../../journal/left-requests.ts';
import { listLongWaits } from '../../journal/long-waits.ts';
import { listBlockedToLookAt } from '../../journal/looks.ts';
import { listOpenAttempts } from '../../journal/open.ts';
import { forgetLeftPasswords } from '../../keys/left.ts';
import { countHeldByOldReaders } from '../../legacy/old-readers.ts';
import { markManualDue } from '../../manual/due.ts';
import { claimManualLooks } from '../../manual/watch.ts';
import { notifyOfLongWaits } from '../../notifications/long-waits.ts';
import { claimNotifications } from '../../notifications/outbox.ts';
import { pruneNotifications } from '../../notifications/prune.ts';
import { notifyOfUndecided } from '../../notifications/undecided.ts';
import { forgetOld } from '../../retention/old-rows.ts';
import { OLD_ROWS, RETENTION } from '../../retention/rules.ts';
import { LEAST_LEDGER_DAYS, thinLedger } from '../../retention/thin-ledger.ts';
import { claimUnusedLogins } from '../../upkeep/keep-alive.ts';
import { notifyOfLapsing } from '../../upkeep/notify-of-lapsing.ts';
import { LATELY_MS, ONE } from '../fleet.ts';
import { asks, list, type Operation } from '../operation.ts';

const DAY_MS = 86_400_000;
const RULES = { windowMs: LATELY_MS, suspects: 3, failures: 3 };
const START = { canary: false, probeMs: 3_600_000, lastingMs: 600_000 };

/** What a rotator does at every turn of its loops. */
export const ofRotators: readonly Operation[] = [
  asks('rcm_rotator', assessPortalTypes, [RULES], { most: 20_000 }),
  // The refusals of a hundred logins, and five hundred others that it met meanwhile.
  asks('rcm_rotator', refusesOthers, [{ ...ONE, rules: RULES }], { most: 2_000 }),
  asks('rcm_rotator', listStartable, [{ rules: START, limit: 32 }], { most: 10_000 }),
  asks('rcm_rotator', takeStartable, [{ rules: START, limit: 8, holder: 'rotator', ttlMs: 60_000, inHand: [], coolingDown: [] }], { most: 10_000 }),
  asks('rcm_rotator', countHeldByOldReaders, [], { ...list, most: 12_000 }),
  asks('rcm_rotator', listDueEndpoints, [{ limit: 32 }]),
  asks('rcm_rotator', listOpenAttempts, [{ ownerGone: true, limit: 8 }]),
  asks('rcm_rotator', listBlockedToLookAt, [{ limit: 20 }], { most: 500 }),
  asks('rcm_rotator', listLongWaits, [{ limit: 20 }], { most: 500 }),
  asks('rcm_rotator', listLeftRequests, [{ olderThanMs: 60_000, pauseMs: 300_000, limit: 5 }]),
  asks('rcm_rotator', claimManualLooks, [{ pendingMs: 60_000, idleMs: 3_600_000, limit: 10 }]),
  asks('rcm_rotator', markManualDue, []),
  asks('rcm_rotator', listWantedSearches, [{ limit: 5, pauseMs: 60_000 }]),
  asks('rcm_rotator', countRefusedLogins, [], { ...list, most: 20_000 }),
  asks('rcm_rotator', fleetFigures, [RULES], { ...list, most: 40_000 }),
  asks('rcm_rotator', claimUnusedLogins, [{ limit: 4, coolDownMs: 1 }], { most: 6_000 }),
  asks('rcm_rotator', listCopiesToRemove, [{ limit: 10 }], { most: 250 }),
  asks('rcm_rotator', forgetLeftPasswords, [{ days: 30 }]),
  asks('rcm_rotator', notifyOfUndecided, []),
  asks('rcm_rotator', notifyOfLapsing, []),
  asks('rcm_rotator', newestBackupRun, []),
  asks('rcm_rotator', notifyOfLongWaits, [{ olderThanMs: DAY_MS }]),
  // Those of the last ten minutes are asked again.
  asks('rcm_rotator', claimNotifications, [{ channel: 'log', claimMs: 60_000, newestMs: 7 * DAY_MS, limit: 20 }], { most: 500 }),
  asks('rcm_rotator', pruneNotifications, [{ keptMs: 90 * DAY_MS, limit: 500 }]),
  ...OLD_ROWS.map((what) =>
    asks('rcm_rotator', forgetOld, [{ what, keptDays: RETENTION[what].days, limit: 500 }], { of: what, ...(what === 'leases' ? { most: 200 } : {}) }),
  ),
  // A step in an index for each portal type, where nothing is so old.
  asks('rcm_rotator', thinLedger, [{ keptDays: LEAST_LEDGER_DAYS, limit: 500 }], { most: 500 }),
  asks('rcm_rotator', takeActs, [{ takenBy: 'rotator', limit: 1 }]),
  asks('rcm_rotator', endLeftActs, [{ waitMs: DAY_MS, workMs: DAY_MS }]),
  asks('rcm_rotator', listCopiesElsewhere, [{ ...ONE, limit: 14 }]),
  asks('rcm_rotator', listOtherSecrets, [{ ...ONE, limit: 4 }]),
  asks('rcm_rotator', earlierVersions, [{ ...ONE, limit: 5 }]),
  asks('rcm_rotator', keptLength, [ONE]),
];
