import { listStorageOutside, migrationByOrganization, type OrganizationMigration, organizationsRemovedByHand } from '@rcm/db/migration';
import { RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import { OUTSIDE } from '@rcm/fleet';
import type { Report } from '../report.ts';
import { countElsewhere } from './beside.ts';
import { elsewhereLines } from './tally.ts';

/** What an organization waits for next. `removed by hand`: not by a scrub, so old bytes may be left on the disk until one rewrites the storage. */
type Stand = 'not begun' | 'moving' | 'to be proved' | 'plaintext to be removed' | 'storage to be rewritten' | 'removed by hand' | 'done';

function standOf({ logins, plaintext, moved, proved, rewritten }: OrganizationMigration, isRemovedByHand: boolean): Stand {
  if (moved === 0) return 'not begun';
  if (moved < logins) return 'moving';
  if (proved < moved) return 'to be proved';
  if (plaintext > 0) return 'plaintext to be removed';
  if (rewritten === null || isRemovedByHand) return 'removed by hand';
  return rewritten ? 'done' : 'storage to be rewritten';
}

/**
 * For whoever answers for the migration, or checks it: each organization, what is left, and what the words rest on. Complete once nothing is left.
 * Fails with `input_invalid` for an organization that has nothing to do with the migration, or is none: of that one nothing is known to be done.
 */
export async function report(migration: Migration): Promise<Report> {
  const removedByHand = await organizationsRemovedByHand(migration.db);
  const organizations = (await migrationByOrganization(migration.db))
    .filter(({ orgId }) => migration.filter.orgId === undefined || orgId === migration.filter.orgId)
    .map((organization) => ({ ...organization, stands: standOf(organization, removedByHand.includes(organization.orgId)) }));
  const { orgId: only } = migration.filter;
  if (only !== undefined && organizations.length === 0)
    throw new RcmError('input_invalid', `The migration is about no login of an organization ${only}. Nothing was looked at further.`);
  const elsewhere = await countElsewhere(migration);
  const outside = await listStorageOutside(migration.db);
  const done = organizations.filter(({ stands }) => stands === 'done').length;
  const left = done < organizations.length || elsewhere.length + outside.length > 0;
  return {
    json: { environment: migration.places.environment, organizations, elsewhere, outside, left },
    lines: [
      `# Logins out of the database: ${migration.places.environment}`,
      '',
      `Done for ${done} of ${organizations.length} organizations. Times are UTC, by the database's clock.`,
      '',
      '| organization | logins | moved | proved | removed | plaintext left | moved from | to | each proved since | last removed | stands |',
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
      ...organizations.map(lineOf),
      '',
      '## What is left',
      '',
      ...(left
        ? [
            ...leftOf(organizations),
            ...elsewhereLines(elsewhere).map(asItem),
            ...outside.map(({ kind, since }) => `- since ${minute(since)}: ${OUTSIDE[kind].what}. ${OUTSIDE[kind].how}.`),
          ]
        : ['Nothing that is known.']),
      '',
      '## What the words rest on',
      '',
      '- moved: the secret was written, or lay there already, was read back and compared with the row; only then did the row name it.',
      '- proved: the secret was read again later and was what the row held at that moment, or what a rotation had made of it since. Where the row held nothing any more it was only seen to be the tenant’s own, and the login’s. It counts until somebody looks again; where the row holds plaintext, also only while the row names the version that was read. `scrub` further asks that the proof is fresh, and the row the same to the byte.',
      '- removed: the row holds no plaintext any more. `scrub` removes it only where a fresh proof names the secret, its version and the row’s bytes, and writes `endpoint.scrubbed` into the audit trail; what somebody removed by hand has no such event, and lies in the storage until the next `scrub`.',
      '- rewritten: the tables that held it were written anew by a rewrite that ended after the last removal. What a rewrite cannot see to be gone (old write-ahead log, dead samples, backups, standbys, archives) is listed above until somebody says that it is dealt with.',
    ],
    complete: !left,
  };
}

type OrganizationLine = OrganizationMigration & { readonly stands: Stand };

const lineOf = (one: OrganizationLine): string =>
  `| ${[one.orgId, one.logins, one.moved, one.proved, one.removed, one.plaintext, minute(one.movedFirstAt), minute(one.movedLastAt), minute(one.provedSince), minute(one.removedLastAt), one.stands].join(' | ')} |`;

const leftOf = (organizations: readonly OrganizationLine[]): string[] =>
  [
    ...Map.groupBy(
      organizations.filter(({ stands }) => stands !== 'done'),
      ({ stands }) => stands,
    ),
  ].map(
    ([stands, those]) =>
      `- ${stands}: ${those.map(({ orgId, logins, moved, plaintext }) => `${orgId} (${moved} of ${logins} moved, ${plaintext} with plaintext)`).join(', ')}`,
  );

const asItem = (line: string): string => `- ${line.trim()}`;

const minute = (at: Date | null): string => (at === null ? '' : at.toISOString().slice(0, 16).replace('T', ' '));
