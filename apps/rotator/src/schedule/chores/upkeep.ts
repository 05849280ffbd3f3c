import { forgetLeftPasswords } from '@rcm/db/admin';
import type { Metrics } from '@rcm/telemetry';
import type { RotatorConfig } from '../../config.ts';
import { removeOldCopies } from '../../acts/remove-old-copies.ts';
import { backupAge } from '../../backup/backup-age.ts';
import type { Rotator } from '../../rotator.ts';
import { forgetOldRows } from '../../upkeep/forget-old.ts';
import { keepAlive } from '../../upkeep/keep-alive.ts';
import type { Chore } from '../service.ts';

const HOUR_MS = 3_600_000;
/** They are a month old: an hour more is nothing. A few at once, since the store's quota and the database are for others. */
const COPIES_EVERY_MS = 600_000;
const REMOVED_AT_ONCE = 10;
/** Somebody may come back to a login; after so long the password that it had then says little. */
const LEFT_DAYS = 30;
/** Days are left; few at once, so that rotations and tasks have the portal and the browser. */
const UNUSED_EVERY_MS = 120_000;
const KEPT_ALIVE_AT_ONCE = 4;

/** Keeps alive what nobody uses, forgets what nothing needs any more, and says how old the backup is. */
export function upkeepChores(rotator: Rotator, metrics: Metrics, config: RotatorConfig): readonly Chore[] {
  const { db } = rotator;
  return [
    ...(config.RCM_BACKUP_RECIPIENTS ? [backupAge(db, metrics)] : []),
    {
      name: 'logins that nobody uses',
      everyMs: UNUSED_EVERY_MS,
      round: (signal, intake) => keepAlive(rotator, { limit: KEPT_ALIVE_AT_ONCE, signal, intake }),
    },
    {
      name: 'old staged copies',
      everyMs: COPIES_EVERY_MS,
      round: (signal, intake) => removeOldCopies(rotator, { limit: REMOVED_AT_ONCE, signal, intake }),
    },
    {
      name: 'passwords of logins that nobody has any more',
      everyMs: HOUR_MS,
      round: async () => void (await forgetLeftPasswords(db, { days: LEFT_DAYS })),
    },
    {
      name: 'what nothing needs any more',
      everyMs: HOUR_MS,
      round: (_, intake) => forgetOldRows(rotator, config, intake),
    },
  ];
}
