import { checkRecipients, sealBackup } from '@rcm/credentials/backup';
import { listEndpoints, recordAuditEvent, serverTime } from '@rcm/db';
import { recordBackupRun } from '@rcm/db/admin';
import { RcmError } from '@rcm/telemetry';
import type { BackupPlace, Written } from '../backup/place.ts';
import { type BackupCounts, noCounts, readLogins, type WhyMissing } from '../backup/read-logins.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';

export interface BackupOptions extends PersonalAct {
  /** Gets a file for each organization. */
  readonly place: BackupPlace;
  /** `null`: every organization that has an endpoint. */
  readonly orgId: string | null;
  /** Of age, as the configuration names them. */
  readonly recipients: readonly string[];
}

type BackedUp = Written & BackupCounts & { readonly orgId: string };

const PAGE = 1_000;

/**
 * `backup`: a file for each organization with every login of it as its store holds it, sealed to people's keys. Nothing is changed. One of every organization is noted once it
 * is complete, unless nothing of one of them could be read. Exit code 1 where a secret that a row names, or a copy beside it, could not be read: it is not in the file. Fails with
 * `config_invalid` without a recipient.
 */
export async function backupCommand(context: CommandContext, options: BackupOptions): Promise<number> {
  checkRecipients(options.recipients);
  const beganAt = await serverTime(context.opened.db);
  const organizations = options.orgId === null ? await organizationsOf(context) : [options.orgId];
  const written: BackedUp[] = [];
  for (const [place, orgId] of organizations.entries()) {
    process.stderr.write(`[${place + 1}/${organizations.length}] ${orgId}\n`);
    written.push(await backUp(context, orgId, options));
  }
  if (written.length === 0) throw new RcmError('input_invalid', 'There is no endpoint to back up. Nothing was written.');
  if (options.orgId === null && maySayWhole(written)) await noteComplete(context, options.place, { written, beganAt });
  const lines = written.map(
    ({ file, logins, copies, notMigrated }) => `${file}  ${logins} logins, ${copies} staged copies, ${notMigrated} endpoints not migrated`,
  );
  const left = written.flatMap(leftOut);
  print(context, { files: written }, [...lines, ...left]);
  return left.length > 0 ? 1 : 0;
}

/** Where an organization's store lets nothing of it be read, that a backup was made must not count: its age would be a backup's. */
export const maySayWhole = (written: readonly { readonly logins: number; readonly missing: readonly string[] }[]): boolean =>
  written.every(({ logins, missing }) => logins > 0 || missing.length === 0);

const WHY: Readonly<Record<WhyMissing, string>> = {
  secret_missing: 'its secret is gone',
  payload_invalid: 'its secret holds no payload',
  reference_invalid: 'its row names no secret in a store of this deployment',
  reference_not_yours: 'its row names a secret that is not its organization’s, or in a place that this deployment does not have',
  store_denied: 'its store does not let the rotator read its secret, or a copy beside it',
};

/** What is not in the file, a line each. */
const leftOut = ({ whyMissing, noPayload }: BackupCounts): readonly string[] => [
  ...Object.entries(whyMissing).map(([endpointId, why]) => `${endpointId}  is in no file: ${WHY[why]}`),
  ...Object.entries(noPayload).map(
    ([endpointId, copies]) => `${endpointId}  is in the file, without what lies among its staged copies and is no payload (${copies})`,
  ),
];

async function backUp(context: CommandContext, orgId: string, { actor, reason, place, recipients }: BackupOptions): Promise<BackedUp> {
  const { opened, signal } = context;
  const { rotator, db } = opened;
  await recordAuditEvent(db, { orgId, actor, reason, action: 'secret.backup', subject: orgId, details: { recipients } });
  const counts = noCounts();
  // By the clock that the journal goes by, with which it is compared.
  const takenAt = await serverTime(db);
  const bytes = await sealBackup({
    recipients,
    keys: rotator.keys,
    head: { environment: rotator.environment, orgId, takenAt },
    logins: readLogins(opened, { orgId, counts, signal }),
  });
  const file = await place.write(`${rotator.environment}.${orgId}.${takenAt.toISOString().replaceAll(/[:.]/g, '-')}.age`, bytes);
  await recordAuditEvent(db, {
    ...{ orgId, actor: rotator.owner, reason: 'a backup was written', action: 'secret.backed_up', subject: orgId },
    details: { sha256: file.sha256, logins: counts.logins, copies: counts.copies, missing: counts.missing.length },
  });
  return { orgId, ...file, ...counts };
}

interface Complete {
  readonly written: readonly BackedUp[];
  readonly beganAt: Date;
}

/** First where the files are, then in the database: what `rcm_backup_age_seconds` tells of is there. */
async function noteComplete({ opened: { db, rotator } }: CommandContext, place: BackupPlace, { written, beganAt }: Complete): Promise<void> {
  const sum = (of: (each: BackedUp) => number): number => written.reduce((total, each) => total + of(each), 0);
  const missing = sum((each) => each.missing.length);
  await place.complete({
    ...{ environment: rotator.environment, beganAt: beganAt.toISOString(), missing },
    files: written.map(({ orgId, file, sha256, logins, copies }) => ({ orgId, file, sha256, logins, copies })),
  });
  const counts = { organizations: written.length, logins: sum(({ logins }) => logins), copies: sum(({ copies }) => copies), missing };
  await recordBackupRun(db, { beganAt, place: place.name, ...counts });
}

async function organizationsOf({ opened: { db } }: CommandContext): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let after: string | undefined; ;) {
    const page = await listEndpoints(db, { after, limit: PAGE });
    for (const { orgId } of page) found.add(orgId);
    after = page.at(-1)?.id;
    if (page.length < PAGE) return [...found].sort();
  }
}
