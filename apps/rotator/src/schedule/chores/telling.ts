import { notifyOfLongWaits, notifyOfUndecided, pruneNotifications } from '@rcm/db/notifications';
import { notifyOfLapsing } from '@rcm/db/rotation';
import type { RotatorConfig } from '../../config.ts';
import type { NotificationChannel } from '../../notifications/channel.ts';
import { deliverNotifications } from '../../notifications/deliver.ts';
import type { Rotator } from '../../rotator.ts';
import type { Chore } from '../service.ts';

const DAY_MS = 86_400_000;
/** People are told weeks before; each time two hundred logins of a portal type are looked at whose turn it is. */
const LAPSING_EVERY_MS = 600_000;
/** So that a round is short, however many have grown old. */
const PRUNED_AT_ONCE = 500;

/** Notes what people have to be told, and sends it. */
export function tellingChores({ db, logger }: Rotator, channels: readonly NotificationChannel[], config: RotatorConfig): readonly Chore[] {
  return [
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
