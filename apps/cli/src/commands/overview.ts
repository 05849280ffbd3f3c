import type { Database } from '@rcm/db';
import { newestBackupRun } from '@rcm/db/admin';
import { fleetOverview } from '@rcm/db/fleet';
import { howMany, howManyLogins, relative } from '@rcm/fleet';
import { alarm } from '@rcm/telemetry';
import type { Report } from '../report.ts';
import { facts } from '../table.ts';

const RESTORED = {
  restored: 'restored, logins cool down for a window',
  another_place: 'in another place, logins cool down for a window',
  nothing_lost: 'moved, nothing was lost',
} as const;

/** As the alarm has it. Who never made a backup has none that is old. */
const OLD_BACKUP_MS = 1000 * Number(alarm('rcm-backup-old').above);

/** How many there are, and of what is wrong how much. Not well where anything is failing, locked or blocked, a portal is stopped, or the newest backup is old. */
export async function overview(db: Database): Promise<Report> {
  const [o, backup] = [await fleetOverview(db), await newestBackupRun(db)];
  const isBackupOld = backup !== null && backup.ageMs > OLD_BACKUP_MS;
  const well = o.failing + o.locked + o.blocked + o.portalsStopped.length === 0 && !isBackupOld;
  return {
    json: { ...o, backup },
    lines(view) {
      const of = (count: number, command: string): string => (count === 0 ? '0' : `${howMany(count)}  (${command})`);
      return facts(view, [
        ['logins', `${howManyLogins(o)} of ${howMany(o.organizations)} organizations`],
        ['failing', of(o.failing, 'rcm logins --failing')],
        ['locked', of(o.locked, 'rcm logins --locked')],
        ['blocked', of(o.blocked, 'rcm logins --blocked')],
        ['database', o.restore === null ? null : `${RESTORED[o.restore.kind]} ${relative(o.restore.at, view.now)} (${o.restore.reason})`],
        [
          'backup',
          backup &&
            `${isBackupOld ? 'old: ' : ''}begun ${relative(backup.beganAt, view.now)}, ${backup.logins} logins${backup.missing > 0 ? ` without ${backup.missing} that could not be read` : ''}, ${backup.place}`,
        ],
        ['portals stopped', o.portalsStopped.join(', ') || '0'],
        ['due in 7 d', of(o.dueIn7Days, 'rcm logins --due')],
        ['overdue', howMany(o.overdue)],
        ['never used', of(o.neverUsed, 'rcm logins --never-used')],
        ['shared', of(o.shared, 'rcm logins --shared')],
        ['not stored yet', o.legacy === 0 ? null : `${howMany(o.legacy)}  (rcm migrate plan)`],
        ['rotations open', howMany(o.rotationsOpen)],
        ['logins in use', howMany(o.leases)],
        [
          'tasks waiting',
          o.oldestTaskSince ? `${howMany(o.tasksWaiting)}, the oldest asked for ${relative(o.oldestTaskSince, view.now)}` : howMany(o.tasksWaiting),
        ],
        ['pauses', o.pauses === 0 ? null : `${o.pauses}  (rcm status)`],
      ]);
    },
    well,
  };
}
