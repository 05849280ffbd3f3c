import type { RotationAttempt } from '@rcm/db/rotation';
import { attemptOf } from './attempts.ts';
import type { ModelDatabase } from './model-database.ts';
import { later, operation } from './operation.ts';
import type { Endpoint } from './tables.ts';

const KEPT_MS = 30 * 86_400_000;
const KEPT_COPIES = 12;

/** Other secrets of the same login count their versions from one as well. */
function isOfSecret({ tables }: ModelDatabase, tried: string, own: Endpoint): boolean {
  const endpoint = tables.endpoints.get(tried);
  return own.secretArn !== null && endpoint?.orgId === own.orgId && endpoint.secretArn === own.secretArn;
}

/** A login of the attempt with what is current was accepted after it had ended. */
function acceptedSince(db: ModelDatabase, { id, loginIdentity, endpointId, orgId, endedAt }: RotationAttempt, scope: 'tenant' | 'every tenant'): boolean {
  const { tables } = db;
  const endpoint = tables.endpoints.get(endpointId);
  if (endpoint?.orgId !== orgId || endedAt === null || endpoint.currentVersion === null) return false;
  const { currentVersion } = endpoint;
  const endedNo = tables.movers.get(id)?.endedNo ?? 0;
  const promoted = new Set(tables.attempts.all().flatMap((r) => (r.orgId === orgId && r.promotedVersion === currentVersion ? [`staged:${r.id}`] : [])));
  return tables.logins
    .of(loginIdentity)
    .some(
      (ok) =>
        (scope === 'every tenant' || ok.orgId === orgId) &&
        isOfSecret(db, ok.endpointId, endpoint) &&
        ok.proved &&
        ok.startedAt > endedAt &&
        ok.begunNo > endedNo &&
        (ok.version === currentVersion || promoted.has(ok.version)),
    );
}

/** Never let out, as far as the journal knows, and refused after the attempt's end while others got in. */
const unsentAndRefused = ({ tables }: ModelDatabase, { id, loginIdentity, submitDeadlineAt, found, reason, endedAt }: RotationAttempt): boolean =>
  submitDeadlineAt === null &&
  found === null &&
  ['due', 'demand', 'compromise'].includes(reason) &&
  endedAt !== null &&
  tables.logins
    .of(loginIdentity)
    .some((no) => no.version === `staged:${id}` && no.effect === 'bad' && no.startedAt > endedAt && no.begunNo > (tables.movers.get(id)?.endedNo ?? 0));

export const listCopiesToRemove = operation('listCopiesToRemove', (db, { limit }) => {
  const left = db.tables.attempts.all().filter(({ state, copyRemovedAt }) => state === 'abandoned' && copyRemovedAt === null);
  const ended = ({ endedAt }: RotationAttempt): number => endedAt?.getTime() ?? 0;
  const places = new Map<string, number>();
  for (const [, copies] of Map.groupBy(left, ({ orgId, secretArn }) => `${orgId} ${secretArn}`))
    copies
      .sort((a, b) => Number(b.submitDeadlineAt !== null) - Number(a.submitDeadlineAt !== null) || ended(b) - ended(a))
      .forEach(({ id }, place) => places.set(id, place + 1));
  return left
    .filter((copy) => {
      const isOld = ended(copy) < db.now.getTime() - KEPT_MS;
      const isOneTooMany = copy.secretArn.includes(':secretsmanager:') && (places.get(copy.id) ?? 0) > KEPT_COPIES;
      return (isOld || isOneTooMany) && (acceptedSince(db, copy, 'every tenant') || unsentAndRefused(db, copy));
    })
    .slice(0, limit);
});

export const listCopiesElsewhere = operation('listCopiesElsewhere', (db, { orgId, loginIdentity, secretArn, limit }) =>
  db.tables.attempts
    .all()
    .filter(
      (attempt) => attempt.orgId === orgId && attempt.loginIdentity === loginIdentity && attempt.secretArn !== secretArn && attempt.copyRemovedAt === null,
    )
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? -1 : 1))
    .slice(0, limit),
);

export const listOtherSecrets = operation('listOtherSecrets', (db, { orgId, loginIdentity, secretArn, limit }) => {
  const first = new Map<string, string>();
  for (const { id, orgId: owner, secretArn: arn } of db.tables.endpoints.of(loginIdentity)) {
    if (owner !== orgId || arn === null || arn === secretArn) continue;
    const known = first.get(arn);
    if (known === undefined || id < known) first.set(arn, id);
  }
  return [...first]
    .map(([arn, endpointId]) => ({ endpointId, secretArn: arn }))
    .sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1))
    .slice(0, limit);
});

export const mayRemoveCopy = operation('mayRemoveCopy', (db, { attemptId, orgId, currentVersion }) => {
  const copy = attemptOf(db, { attemptId, orgId });
  return (
    copy !== null &&
    copy.endedAt !== null &&
    db.tables.endpoints.get(copy.endpointId)?.currentVersion === currentVersion &&
    (acceptedSince(db, copy, 'tenant') || unsentAndRefused(db, copy))
  );
});

export const noteCopyRemoved = operation('noteCopyRemoved', (db, { attemptId, orgId }) => {
  if (attemptOf(db, { attemptId, orgId })?.copyRemovedAt === null) db.tables.attempts.change(attemptId, { copyRemovedAt: db.now });
});

export const earlierVersions = operation('earlierVersions', (db, { orgId, secretArn, limit }) =>
  db.tables.attempts
    .all()
    .filter((attempt) => attempt.orgId === orgId && attempt.secretArn === secretArn && attempt.state === 'done' && attempt.previousVersion !== null)
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
    .slice(0, limit)
    .flatMap(({ previousVersion }) => previousVersion ?? []),
);

export const knownVersions = operation('knownVersions', (db, { orgId, endpointId, loginIdentity, limit }) => {
  const { tables } = db;
  const own = tables.endpoints.get(endpointId);
  const tried = tables.logins.of(loginIdentity).filter((row) => {
    return row.orgId === orgId && row.outcome !== null && row.outcome !== 'not_submitted' && own !== null && isOfSecret(db, row.endpointId, own);
  });
  const last = new Map<string, { readonly at: Date; readonly accepted: boolean }>();
  for (const row of [...tried].sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime()).slice(0, 200)) {
    const staged = row.version.startsWith('staged:');
    const promoted = staged ? attemptOf(db, { attemptId: row.version.slice('staged:'.length), orgId })?.promotedVersion : null;
    const version = promoted ?? (/^(staged|elsewhere):|\/[0-9]+$/.test(row.version) ? null : row.version);
    if (version === null) continue;
    const known = last.get(version);
    last.set(version, { at: later(known?.at, row.startedAt) ?? row.startedAt, accepted: row.proved || (known?.accepted ?? false) });
  }
  const replaced = tables.attempts
    .of(loginIdentity)
    .filter((attempt) => attempt.orgId === orgId && own?.secretArn === attempt.secretArn)
    .filter(({ promotedVersion, previousVersion, baseVersion }) => promotedVersion !== null && previousVersion !== null && previousVersion !== baseVersion)
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  for (const { previousVersion, endedAt, updatedAt } of replaced.slice(0, 5)) {
    const known = last.get(previousVersion ?? '');
    last.set(previousVersion ?? '', { at: later(known?.at, endedAt ?? updatedAt) ?? updatedAt, accepted: known?.accepted ?? false });
  }
  return [...last]
    .sort(([, a], [, b]) => Number(b.accepted) - Number(a.accepted) || b.at.getTime() - a.at.getTime())
    .slice(0, limit)
    .map(([version, { accepted }]) => ({ version, accepted }));
});
