import { forgetLeftPasswords } from '@rcm/db/admin';
import { type FleetFigures, fleetFigures } from '@rcm/db/fleet';
import { notifyOfLongWaits, notifyOfUndecided, pruneNotifications } from '@rcm/db/notifications';
import { assessPortalTypes, countRefusedLogins, markManualDue, notifyOfLapsing } from '@rcm/db/rotation';
import type { MetricName, Metrics } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';
import { removeOldCopies } from '../acts/remove-old-copies.ts';
import { backupAge } from '../backup/backup-age.ts';
import { readForConsole } from '../break-glass/read-for-console.ts';
import { detectManualChanges } from '../manual/detect-changes.ts';
import { lookAtBlocked } from '../mending/look-at-blocked.ts';
import { longWaitLooks } from '../mending/look-at-long-waits.ts';
import { mendWanted } from '../mending/mend-wanted.ts';
import type { NotificationChannel } from '../notifications/channel.ts';
import { deliverNotifications } from '../notifications/deliver.ts';
import type { Rotator } from '../rotator.ts';
import { TypedLogins } from '../typing/typed-logins.ts';
import { forgetOldRows } from '../upkeep/forget-old.ts';
import { keepAlive } from '../upkeep/keep-alive.ts';
import { doAskedActs } from './asked-acts.ts';
import { takeUpLeftRequests } from './asked.ts';
import type { Chore } from './service.ts';

const DAY_MS = 86_400_000;
/** They are a month old: an hour more is nothing. A few at once, since the store's quota and the database are for others. */
const COPIES_EVERY_MS = 600_000;
const REMOVED_AT_ONCE = 10;
const HOUR_MS = 3_600_000;
/** Somebody may come back to a login; after so long the password that it had then says little. */
const LEFT_DAYS = 30;
/** Each is looked at once an hour; so many a minute, or a portal that blocks thousands would use up the store's quota. */
const BLOCKED_EVERY_MS = 60_000;
const LOOKED_AT_AT_ONCE = 20;
/** Each is one read of a store; the person who has changed the secret waits for it. */
const LONG_WAITS_EVERY_MS = 300_000;
/** Days are left; few at once, so that rotations and tasks have the portal and the browser. */
const UNUSED_EVERY_MS = 120_000;
const KEPT_ALIVE_AT_ONCE = 4;
/** A command seldom dies between asking and planning. */
const ASKED_EVERY_MS = 60_000;
const TAKEN_UP_AT_ONCE = 5;
/** Acts of people that this process has in hand at once: a rotation that waits must not keep a verification waiting. */
const HANDS = 4;
/** As often as CloudWatch and Prometheus look. */
const BOOKS_EVERY_MS = 60_000;
/** People are told weeks before; each time two hundred logins of a portal type are looked at whose turn it is. */
const LAPSING_EVERY_MS = 600_000;
/** So that a round is short, however many have grown old. */
const PRUNED_AT_ONCE = 500;

export interface ChoreParts {
  readonly rotator: Rotator;
  readonly channels: readonly NotificationChannel[];
  readonly metrics: Metrics;
}

/** What a rotator does beside rotating: sees what people changed, mends logins that were refused, tells people, sends what was told. Once for each process. */
export function rotatorChores({ rotator, channels, metrics }: ChoreParts, config: RotatorConfig): readonly Chore[] {
  const { db, logger } = rotator;
  const refused = metrics.gauge('rcm_logins_refused');
  return [
    {
      name: 'look at secrets that people rotate',
      everyMs: config.RCM_ROTATOR_MANUAL_SCAN_MS,
      async round(signal) {
        await markManualDue(db);
        await detectManualChanges(rotator, {
          reads: config.RCM_ROTATOR_MANUAL_READS,
          dueMs: config.RCM_ROTATOR_MANUAL_DUE_MS,
          idleMs: config.RCM_ROTATOR_MANUAL_IDLE_MS,
          signal,
        });
      },
    },
    {
      name: 'logins that were refused',
      everyMs: config.RCM_ROTATOR_MEND_SCAN_MS,
      async round(signal) {
        await mendWanted(rotator, { limit: config.RCM_ROTATOR_MEND_SEARCHES, pauseMs: config.RCM_ROTATOR_MEND_PAUSE_MS, signal });
        refused.set(await countRefusedLogins(db));
      },
    },
    ...Array.from({ length: HANDS }, (_, i) => ({
      name: `what people ask for, hand ${i + 1}`,
      everyMs: config.RCM_ROTATOR_ASKED_SCAN_MS,
      round: (signal: AbortSignal) => doAskedActs(rotator, signal),
    })),
    ...(config.RCM_BREAK_GLASS_PAGE
      ? [
          {
            name: 'passwords that the console shows',
            everyMs: config.RCM_ROTATOR_ASKED_SCAN_MS,
            round: (signal: AbortSignal) => readForConsole({ db, rotator, channels }, config, signal),
          },
        ]
      : []),
    ...(config.RCM_SET_PAGE ? typing(rotator, config) : []),
    countBooks(rotator, metrics),
    ...(config.RCM_BACKUP_RECIPIENTS ? [backupAge(db, metrics)] : []),
    {
      name: 'rotations that were asked for and not begun',
      everyMs: ASKED_EVERY_MS,
      round: (signal) => takeUpLeftRequests(rotator, { limit: TAKEN_UP_AT_ONCE, signal }),
    },
    {
      name: 'blocked rotations',
      everyMs: BLOCKED_EVERY_MS,
      round: (signal) => lookAtBlocked(rotator, { limit: LOOKED_AT_AT_ONCE, signal }),
    },
    {
      name: 'rotations that wait for a person',
      everyMs: LONG_WAITS_EVERY_MS,
      round: longWaitLooks(rotator, LOOKED_AT_AT_ONCE),
    },
    {
      name: 'logins that nobody uses',
      everyMs: UNUSED_EVERY_MS,
      round: (signal) => keepAlive(rotator, { limit: KEPT_ALIVE_AT_ONCE, signal }),
    },
    {
      name: 'old staged copies',
      everyMs: COPIES_EVERY_MS,
      round: (signal) => removeOldCopies(rotator, { limit: REMOVED_AT_ONCE, signal }),
    },
    {
      name: 'passwords of logins that nobody has any more',
      everyMs: HOUR_MS,
      round: async () => void (await forgetLeftPasswords(db, { days: LEFT_DAYS })),
    },
    {
      name: 'what nothing needs any more',
      everyMs: HOUR_MS,
      round: (signal) => forgetOldRows(rotator, config, signal),
    },
    {
      name: 'logins that lapse',
      everyMs: LAPSING_EVERY_MS,
      round: () => notifyOfLapsing(db),
    },
    {
      name: 'notices',
      everyMs: config.RCM_NOTICE_SCAN_MS,
      async round(signal) {
        await notifyOfUndecided(db);
        await notifyOfLongWaits(db, { olderThanMs: config.RCM_NOTICE_LONG_WAIT_MS });
        await deliverNotifications({ db, logger, channels, deadlineMs: config.RCM_NOTICE_DEADLINE_MS, maxTries: config.RCM_NOTICE_MAX_TRIES, signal });
        await pruneNotifications(db, { keptMs: config.RCM_NOTICE_KEEP_DAYS * DAY_MS, limit: PRUNED_AT_ONCE });
      },
    },
  ];
}

/** What people type into the console: keys are offered by one, and what was typed is taken by several, so that nobody waits for another's portal. */
function typing(rotator: Rotator, { RCM_ROTATOR_ASKED_SCAN_MS: everyMs }: RotatorConfig): readonly Chore[] {
  const typed = new TypedLogins(rotator);
  return [
    { name: 'logins that people set from the console', everyMs, round: (signal) => typed.offer(signal), leave: () => typed.leave() },
    ...Array.from({ length: HANDS }, (_, i) => ({
      name: `what people typed, hand ${i + 1}`,
      everyMs,
      round: (signal: AbortSignal) => typed.setAll(signal),
    })),
  ];
}

/** Stops the portal types that fail now, before anything else of theirs starts. */
export async function stopFailingPortalTypes(rotator: Rotator): Promise<void> {
  const stopped = await assessPortalTypes(rotator.db, rotator.breaker);
  for (const portalType of stopped) rotator.logger.error({ portalType }, 'the rotations of a portal type are stopped because they fail');
}

/** What the books say of all logins, as gauges; how old that is says whether the database was reached. */
export function countBooks({ db, breaker }: Pick<Rotator, 'db' | 'breaker'>, metrics: Metrics, now: () => number = () => performance.now()): Chore {
  let countedAt = now();
  metrics.watched('rcm_books_age_seconds', (gauge) => gauge.set((now() - countedAt) / 1000));
  return {
    name: 'what the books say',
    everyMs: BOOKS_EVERY_MS,
    async round() {
      const figures = await fleetFigures(db, breaker);
      for (const [figure, name] of BOOKS) metrics.gauge(name).set(figures[figure]);
      countedAt = now();
    },
  };
}

const BOOKS = [
  ['knownBad', 'rcm_logins_known_bad'],
  ['locked', 'rcm_logins_locked'],
  ['overdue', 'rcm_logins_overdue'],
  ['expiring', 'rcm_logins_expiring'],
  ['rotationsBlocked', 'rcm_rotations_blocked'],
  ['rotationsOpen', 'rcm_rotations_open'],
  ['portalsStopped', 'rcm_portal_types_stopped'],
  ['portalsRefusing', 'rcm_portal_types_ill'],
] as const satisfies readonly (readonly [keyof FleetFigures, MetricName<'gauge'>])[];
