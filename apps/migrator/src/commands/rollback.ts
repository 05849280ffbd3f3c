import { parseReference } from '@rcm/credentials';
import { rowFingerprint } from '@rcm/credentials/legacy';
import { type EndpointRow, findEndpoint, listEndpoints, recordAuditEvent } from '@rcm/db';
import { withExclusiveLease } from '@rcm/db/holding';
import { migrationCounts, type RestoreAnswer, restoreLegacyCredentials } from '@rcm/db/migration';
import { getOpenAttempt } from '@rcm/db/rotation';
import { type ErrorCode, RcmError } from '@rcm/telemetry';
import { asItWas } from '../credential/as-it-was.ts';
import { readCurrent } from '../credential/read-current.ts';
import { eachEndpoint, endedEarly, endOf } from '../each-endpoint.ts';
import { leaseRequest } from '../lease-request.ts';
import { type Migration, PAGE_SIZE, pages } from '../migration.ts';
import { failureLines, type Report } from '../report.ts';

/** One endpoint, or every migrated one. */
export type RollbackScope = { readonly endpointId: string } | 'all';

/** Who goes back, and why: for the audit trail. */
export interface PersonalAct {
  readonly actor: string;
  readonly reason: string;
}

/**
 * Writes the store's current payload back into the database and takes the reference off the row, so that whatever reads
 * `config.credentials` works with the password that the portal accepts now. Plaintext that somebody edited since it was migrated is never
 * written over. The secret stays in the store (docs/migration.md).
 */
export async function rollback(migration: Migration, scope: RollbackScope, act: PersonalAct): Promise<Report> {
  const { count, failed, ...ended } = await eachEndpoint(migration, {
    what: 'rollback',
    total: scope === 'all' ? (await migrationCounts(migration.db)).migrated : 1,
    items: chosen(migration, scope),
    endpointOf: (endpoint) => endpoint,
    ends: ['restored'],
    act: (endpoint) => restore(migration, endpoint, act),
  });
  return {
    json: { ...count, failed, interrupted: !ended.finished },
    lines: [`Restored: ${count.restored}. Failed: ${failed.length}.${endedEarly(ended)}`, ...failureLines(failed)],
    complete: ended.finished && failed.length === 0,
    end: endOf(ended),
  };
}

async function restore(migration: Migration, endpoint: EndpointRow, { actor, reason }: PersonalAct): Promise<'restored'> {
  const { db, patience } = migration;
  const { secretArn, loginIdentity } = endpoint;
  if (secretArn === null || loginIdentity === null) throw new RcmError('state_conflict', 'The endpoint is not migrated; there is nothing to roll back.');
  const reference = parseReference(secretArn);
  // Exclusive: no agent works with the login and no rotation starts between the read and the write.
  await withExclusiveLease(leaseRequest(migration, endpoint), async (held) => {
    const leaseId = held.lease.id;
    const open = await getOpenAttempt(db, { orgId: endpoint.orgId, loginIdentity });
    if (open) throw new RcmError('state_conflict', `A rotation of this login is open (${open.state}); let it end or resolve it first.`);
    await recordAuditEvent(db, {
      orgId: endpoint.orgId,
      actor,
      action: 'credential.rollback',
      subject: endpoint.id,
      reason,
      details: { secretArn },
    });
    const stored = await readCurrent(migration, endpoint, { reference, held });
    if (stored === null) throw new RcmError('secret_missing', 'No secret lies where the row says; the row was left as it is.');
    const credentials = asItWas(stored.text);
    const fingerprintOf = rowFingerprint(migration.fingerprintKeys, endpoint.id);
    const answer = await patience(null, () =>
      restoreLegacyCredentials(db, { endpointId: endpoint.id, orgId: endpoint.orgId, leaseId, secretArn, credentials, fingerprintOf, actor, reason }),
    );
    if (answer !== 'restored') throw new RcmError(...REFUSALS[answer]);
  });
  return 'restored';
}

const REFUSALS: Readonly<Record<Exclude<RestoreAnswer, 'restored'>, readonly [ErrorCode, string]>> = {
  already: [
    'state_conflict',
    'The row names no secret any more: it was rolled back, by another run or by this one, if the answer of its commit was lost. Nothing else was done.',
  ],
  lease_lost: [
    'lease_lost',
    'This run held the login no longer when it came to write, and the password may have been changed meanwhile. Nothing was rolled back; run it again.',
  ],
  moved: ['state_conflict', 'The row was changed meanwhile; nothing was rolled back.'],
  edited: [
    'row_edited',
    'The row holds a login that was edited after it was migrated, and it may be newer than the store’s. Neither was touched: say which the portal accepts (`resolve`), then rollback.',
  ],
  no_proof: [
    'state_conflict',
    'The row holds a login, and nothing recorded with the present key says that it is the one that was migrated. Nothing was rolled back: run verify, then rollback.',
  ],
};

async function* chosen(migration: Migration, scope: RollbackScope): AsyncGenerator<EndpointRow> {
  if (scope !== 'all') {
    const endpoint = await findEndpoint(migration.db, scope);
    if (!endpoint) throw new RcmError('endpoint_unknown', `There is no endpoint ${scope.endpointId}.`);
    yield endpoint;
    return;
  }
  for await (const page of pages(
    (after) => listEndpoints(migration.db, { after, limit: PAGE_SIZE }),
    (row) => row.id,
  )) {
    yield* page.filter((endpoint) => endpoint.secretArn !== null);
  }
}
