import type { Database, PortalTypeRow } from '@rcm/db';
import { findPortalType, listPortalTypes } from '@rcm/db/fleet';
import { thousands } from '@rcm/fleet';
import { RcmError } from '@rcm/telemetry';
import type { Report } from '../report.ts';
import { facts, table } from '../table.ts';

/** Portal types and the few figures that tell them apart. */
export async function portalTypeList(db: Database): Promise<Report> {
  const types = await listPortalTypes(db);
  return {
    json: { portalTypes: types.map(({ recipe: _recipe, ...type }) => type) },
    lines: (view) =>
      table(
        view,
        [
          { title: 'PORTAL' },
          { title: 'NAME', shrinks: true },
          { title: 'AUTOMATION' },
          { title: 'ROTATION' },
          { title: 'LOCKS AFTER' },
          { title: 'HOSTS', shrinks: true },
        ],
        types.map((type) => [
          { text: type.code },
          { text: type.name },
          { text: type.automation ?? 'undecided' },
          { text: type.rotationMode === 'manual' ? 'by hand' : `every ${type.rotationIntervalDays} d` },
          { text: `${type.lockoutThreshold}, ours ${ours(type)}` },
          { text: type.hosts.join(' ') },
        ]),
      ),
    well: true,
  };
}

/** One portal type, with its recipe under `--json`. */
export async function portalTypeShow(db: Database, code: string): Promise<Report> {
  const type = await findPortalType(db, { code });
  if (!type) throw new RcmError('input_invalid', `There is no portal type ${code}: \`rcm portal-type list\` has them. Nothing was done.`);
  return {
    json: { portalType: type },
    lines: (view) =>
      facts(view, [
        ['portal', `${type.name} (${type.code})`],
        ['logins', thousands(type.logins)],
        ['hosts', type.hosts.join(' ')],
        ['driver', type.driver],
        ['automation', automationWords(type)],
        ['rotation', type.rotationMode === 'manual' ? 'by hand' : `every ${type.rotationIntervalDays} d, spread over ${type.rotationSpreadDays} d`],
        ['password rules', type.passwordRules],
        ['password expires', type.passwordExpiresDays === null ? 'never' : `after ${type.passwordExpiresDays} d`],
        [
          'disabled',
          type.dormantAfterDays === null
            ? null
            : `after ${type.dormantAfterDays} d without a login${type.dormantCounts === 'second_factor' ? ' with its second factor' : ''}`,
        ],
        ['recertified', type.recertifyEveryDays === null ? null : `every ${type.recertifyEveryDays} d, by a person`],
        ['verified', type.verifyEveryDays === null ? null : `after ${type.verifyEveryDays} d without a login`],
        ['backup codes', type.backupCodes === null ? null : `${type.backupCodes}`],
        ['locks after', `${type.lockoutThreshold} failures (${type.lockoutCounts}), of which we cause ${ours(type)} at most`],
        ['sessions', `${type.maxSessionsPerAccount} an account; ${type.maxConcurrency} rotations at once`],
        ['maintenance', type.maintenanceWindows.length === 0 ? 'none' : `${type.maintenanceWindows.join(', ')} ${type.maintenanceTimeZone}`],
      ]),
    well: true,
  };
}

/** What was decided, by which terms and by whom. */
const automationWords = ({ automation, termsVersion, termsDate, automationDecidedBy }: PortalTypeRow): string =>
  automation === null
    ? 'undecided: no program logs in'
    : `${automation}, by ${termsVersion ?? ''} of ${termsDate?.toISOString().slice(0, 10) ?? ''}; decided by ${automationDecidedBy ?? ''}`;

/** As the ledger has it: never the failure that locks, but where the first one does. */
const ours = ({ lockoutThreshold, lockoutMargin }: { readonly lockoutThreshold: number; readonly lockoutMargin: number }): number =>
  Math.max(lockoutThreshold - Math.max(lockoutMargin, 1), 1);
