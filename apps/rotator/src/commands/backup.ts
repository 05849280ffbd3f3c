import { resolve } from 'node:path';
import { checkRecipients, sealBackup } from '@rcm/credentials/backup';
import { listEndpoints, recordAuditEvent } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import { type BackupCounts, readLogins } from '../backup/read-logins.ts';
import { writeSealed } from '../backup/sealed-file.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';

export interface BackupOptions extends PersonalAct {
  /** The folder that gets a file for each organization. */
  readonly out: string;
  /** `null`: every organization that has an endpoint. */
  readonly orgId: string | null;
  /** Of age, as the configuration names them. */
  readonly recipients: readonly string[];
}

interface Written extends BackupCounts {
  readonly orgId: string;
  readonly file: string;
  readonly sha256: string;
}

const PAGE = 1_000;

/**
 * `backup`: a file for each organization with every login of it as its store holds it, sealed to people's keys. Nothing is changed. Exit code 1 where a secret that a row names
 * could not be read: it is not in the file. Fails with `config_invalid` without a recipient.
 */
export async function backupCommand(context: CommandContext, options: BackupOptions): Promise<number> {
  checkRecipients(options.recipients);
  const organizations = options.orgId === null ? await organizationsOf(context) : [options.orgId];
  const written: Written[] = [];
  for (const [place, orgId] of organizations.entries()) {
    process.stderr.write(`[${place + 1}/${organizations.length}] ${orgId}\n`);
    written.push(await backUp(context, orgId, options));
  }
  if (written.length === 0) throw new RcmError('input_invalid', 'There is no endpoint to back up. Nothing was written.');
  const missing = written.flatMap((each) => each.missing);
  const lines = written.map(
    ({ file, logins, copies, notMigrated }) => `${file}  ${logins} logins, ${copies} staged copies, ${notMigrated} endpoints not migrated`,
  );
  for (const endpointId of missing) lines.push(`${endpointId}  is in no file: its secret is gone or cannot be read`);
  print(context, { files: written }, lines);
  return missing.length > 0 ? 1 : 0;
}

async function backUp(context: CommandContext, orgId: string, { actor, reason, out, recipients }: BackupOptions): Promise<Written> {
  const { opened, signal } = context;
  const { rotator, db } = opened;
  await recordAuditEvent(db, { orgId, actor, reason, action: 'secret.backup', subject: orgId, details: { recipients } });
  const counts: BackupCounts = { logins: 0, copies: 0, notMigrated: 0, missing: [] };
  const takenAt = rotator.clock.now();
  const bytes = await sealBackup({
    recipients,
    keys: rotator.keys,
    head: { environment: rotator.environment, orgId, takenAt },
    logins: readLogins(opened, { orgId, counts, signal }),
  });
  const file = resolve(out, `${rotator.environment}.${orgId}.${takenAt.toISOString().replaceAll(/[:.]/g, '-')}.age`);
  const sha256 = await writeSealed(file, bytes);
  await recordAuditEvent(db, {
    ...{ orgId, actor: rotator.owner, reason: 'a backup was written', action: 'secret.backed_up', subject: orgId },
    details: { sha256, logins: counts.logins, copies: counts.copies, missing: counts.missing.length },
  });
  return { orgId, file, sha256, ...counts };
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
