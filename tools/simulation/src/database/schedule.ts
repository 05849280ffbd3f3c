import type { EndpointRow } from '@rcm/db';
import { hashOf } from '../time/random.ts';
import { isOpen, isPaused, mayProbe, today, underWay } from './admission.ts';
import { addIdentity, moveLedger, remember } from './identities.ts';
import type { ModelDatabase } from './model-database.ts';
import { checkMs, endpointOf, operation, refuse, sharing, writeNotification } from './operation.ts';
import type { Endpoint } from './tables.ts';

const DAY_MS = 86_400_000;

/** What is due next after a rotation that ended well. */
export function afterDone(db: ModelDatabase, endpoint: Endpoint): Pick<Endpoint, 'lastRotatedAt' | 'rotationNotBefore' | 'nextRotationAt'> {
  const type = db.tables.portalTypes.get(endpoint.portalTypeCode) ?? refuse('database_failed', 'An endpoint without a portal type.');
  const ends = type.passwordExpiresDays === null ? Number.POSITIVE_INFINITY : type.passwordExpiresDays - type.expiryHeadStartDays;
  const days = Math.min(type.rotationIntervalDays, ends);
  const spread = type.rotationSpreadDays * ((hashOf(endpoint.id) & 65535) / 65536);
  return { lastRotatedAt: db.now, rotationNotBefore: null, nextRotationAt: db.in((days - spread) * DAY_MS) };
}

function endpointRow({ tables }: ModelDatabase, endpoint: Endpoint): EndpointRow {
  const { followed: _followed, rotationNotBefore: _rest, searchWantedAt: _wanted, searchedAt: _searched, searchRequests: _requests, ...row } = endpoint;
  return { ...row, portalType: tables.portalTypes.get(endpoint.portalTypeCode) ?? refuse('database_failed', 'An endpoint without a portal type.') };
}

export const getEndpoint = operation('getEndpoint', (db, asked) => {
  const endpoint = endpointOf(db, asked);
  return endpoint && endpointRow(db, endpoint);
});

export const findEndpoint = operation('findEndpoint', (db, { endpointId }) => {
  const endpoint = db.tables.endpoints.get(endpointId);
  return endpoint && endpointRow(db, endpoint);
});

export const findOrganization = operation('findOrganization', (db, { endpointId }) => db.tables.endpoints.get(endpointId)?.orgId ?? null);

const isDueNow = (db: ModelDatabase, { nextRotationAt }: Endpoint): boolean => nextRotationAt !== null && nextRotationAt <= db.now;
/** `orgId`: only what this organization can see. */
export const hasOpen = ({ tables }: ModelDatabase, identity: string | null, orgId?: string): boolean =>
  identity !== null && tables.attempts.of(identity).some((attempt) => attempt.endedAt === null && (orgId === undefined || attempt.orgId === orgId));
const byDue = (a: Endpoint, b: Endpoint): number => (a.nextRotationAt?.getTime() ?? 0) - (b.nextRotationAt?.getTime() ?? 0) || (a.id < b.id ? -1 : 1);

/** What may be rotated at all, by `listDueEndpoints`' rules. */
function dueEndpoints(db: ModelDatabase): Endpoint[] {
  const { endpoints, portalTypes } = db.tables;
  return endpoints
    .all()
    .filter((endpoint) => {
      const { loginIdentity, secretArn, currentVersion, orgId, portalTypeCode } = endpoint;
      if (secretArn === null || loginIdentity === null || currentVersion === null || !isDueNow(db, endpoint)) return false;
      if (portalTypes.get(portalTypeCode)?.rotationMode !== 'automatic' || hasOpen(db, loginIdentity)) return false;
      const same = endpoints.of(loginIdentity);
      if (same.some((other) => other.orgId !== orgId || other.secretArn !== secretArn) || readInRows(db, loginIdentity)) return false;
      return !same.some((twin) => isDueNow(db, twin) && byDue(twin, endpoint) < 0 && twin.id !== endpoint.id);
    })
    .sort(byDue);
}

export const listDueEndpoints = operation('listDueEndpoints', (db, { limit }) =>
  dueEndpoints(db)
    .slice(0, limit)
    .map((endpoint) => endpointRow(db, endpoint)),
);

export const listStartable = operation('listStartable', (db, { rules, limit }) => {
  const probeMs = checkMs('probeMs', rules.probeMs);
  const room = new Map<string, number>();
  for (const [code, type] of db.tables.portalTypes) {
    const admission = db.tables.admissions.get(code);
    const free = type.maxConcurrency - underWay(db, code);
    if (type.rotationMode !== 'automatic' || isPaused(db, code, null)) room.set(code, 0);
    else if (isOpen(admission)) room.set(code, mayProbe(db, admission, probeMs) ? 1 : 0);
    else if (rules.canary && admission?.canaryDay !== today(db)) room.set(code, Math.min(1, free));
    else room.set(code, rules.canary && admission?.canaryState === 'running' ? 0 : free);
  }
  const places = new Map<string, number>();
  return dueEndpoints(db)
    .filter((endpoint) => !isPaused(db, endpoint.portalTypeCode, endpoint.id))
    .flatMap(({ id, orgId, portalTypeCode, nextRotationAt }) => {
      const place = (places.get(portalTypeCode) ?? 0) + 1;
      places.set(portalTypeCode, place);
      const startable = { endpointId: id, orgId, portalTypeCode, dueSince: nextRotationAt ?? db.now };
      return place <= (room.get(portalTypeCode) ?? 0) ? [{ turn: underWay(db, portalTypeCode) + place, startable }] : [];
    })
    .sort((a, b) => a.turn - b.turn)
    .slice(0, limit)
    .map(({ startable }) => startable);
});

export const isDue = operation('isDue', (db, asked) => {
  const endpoint = endpointOf(db, asked);
  return endpoint !== null && isDueNow(db, endpoint);
});

interface Login {
  readonly orgId: string;
  readonly loginIdentity: string;
  readonly secretArn: string;
}

const isElsewhere = (db: ModelDatabase, { orgId, loginIdentity, secretArn }: Login): boolean =>
  db.tables.endpoints.of(loginIdentity).some((other) => other.orgId !== orgId || other.secretArn !== secretArn) ||
  sharing(db, { orgId, secretArn }).some((other) => other.loginIdentity !== null && other.loginIdentity !== loginIdentity);

export const liesElsewhere = operation('liesElsewhere', isElsewhere);

/** Nobody has said of an organization here that its old readers are gone. */
const readInRows = ({ tables }: ModelDatabase, identity: string): boolean =>
  tables.endpoints.of(identity).some(({ hasLegacyCredentials }) => hasLegacyCredentials);

export const concernsOthers = (db: ModelDatabase, login: Login): boolean => isElsewhere(db, login) || readInRows(db, login.loginIdentity);

export const hasOldReaders = operation('hasOldReaders', (db, { loginIdentity }) => readInRows(db, loginIdentity));

export const setNextRotation = operation('setNextRotation', (db, { endpointIds, at }) => {
  const chosen = db.tables.endpoints.all().filter(({ id }) => endpointIds === 'all' || endpointIds.includes(id));
  for (const { id } of chosen) db.tables.endpoints.change(id, { nextRotationAt: at === 'now' ? db.now : at });
  return chosen.length;
});

export const bringRotationForward = operation('bringRotationForward', (db, { orgId, endpointId, expiresAt }) => {
  const endpoint = endpointOf(db, { orgId, endpointId });
  if (!endpoint) return false;
  const { nextRotationAt, lastRotatedAt, rotationNotBefore, portalTypeCode } = endpoint;
  const headStartMs = (db.tables.portalTypes.get(portalTypeCode)?.expiryHeadStartDays ?? 0) * DAY_MS;
  const end = expiresAt === 'now' ? db.now.getTime() : expiresAt.getTime();
  if (lastRotatedAt && end <= lastRotatedAt.getTime()) return false;
  const half = lastRotatedAt && (lastRotatedAt.getTime() + end) / 2;
  const at = new Date(Math.max(end - headStartMs, half ?? Number.NEGATIVE_INFINITY, rotationNotBefore?.getTime() ?? Number.NEGATIVE_INFINITY));
  if (nextRotationAt !== null && nextRotationAt <= at) return false;
  db.tables.endpoints.change(endpointId, { nextRotationAt: at });
  return true;
});

export const putOffRotation = operation('putOffRotation', (db, { orgId, endpointId, forMs, tell }) => {
  const at = db.in(checkMs('forMs', forMs));
  const endpoint = endpointOf(db, { orgId, endpointId });
  const moved = endpoint ? sharing(db, endpoint).filter((other) => isDueNow(db, other) && !hasOpen(db, other.loginIdentity, orgId)) : [];
  for (const { id } of moved) db.tables.endpoints.change(id, { nextRotationAt: at, rotationNotBefore: at });
  if (moved.length > 0 && tell !== undefined) writeNotification(db, { kind: 'failed', key: endpointId, every: 'day', endpointId, detail: tell });
  return moved.length > 0;
});

export const followStoreVersion = operation('followStoreVersion', (db, { endpointId, orgId, secretArn, from, to }) => {
  const endpoint = endpointOf(db, { orgId, endpointId }) ?? refuse('endpoint_unknown', 'The organization has no such endpoint.');
  if (endpoint.secretArn !== secretArn) return false;
  if (endpoint.currentVersion === to) return true;
  if (endpoint.currentVersion !== from || hasOpen(db, endpoint.loginIdentity)) return false;
  const followed = from === null ? null : { from, at: db.now };
  for (const { id, currentVersion } of sharing(db, endpoint)) if (currentVersion === from) db.tables.endpoints.change(id, { currentVersion: to, followed });
  return true;
});

export const followAccount = operation('followAccount', (db, { orgId, endpointId, from, to: [to], leaseId, knownAs }) => {
  // All of the simulation has one key.
  if (!to) throw new Error('an account without a name');
  const { tables } = db;
  const own = endpointOf(db, { orgId, endpointId });
  if (own?.loginIdentity !== from || from === to.id) return 'moved';
  if (tables.identities.get(to.id) === null) addIdentity(db, to);
  if (hasOpen(db, from) || hasOpen(db, to.id)) return 'rotation_open';
  const lease = tables.leases.get(leaseId);
  const isMine = lease?.loginIdentity === from && lease.kind === 'exclusive' && lease.expiresAt > db.now;
  if (!isMine || tables.leases.of(to.id).some(({ kind, expiresAt }) => kind === 'exclusive' && expiresAt > db.now)) return 'in_use';
  const wasPart = tables.pasts.of(from).some(({ former }) => former === to.id || knownAs.includes(former));
  const answer = knownAs.includes(from) ? 'renamed' : wasPart ? 'parted' : 'followed';
  for (const { id } of tables.leases.of(from)) tables.leases.remove(id);
  const realmOf = ({ portalTypeCode: code }: Endpoint): string => tables.portalTypes.get(code)?.accountRealm ?? code;
  const along = answer === 'renamed' ? tables.endpoints.all() : [own, ...sharing(db, own).filter((twin) => realmOf(twin) === realmOf(own))];
  const moving = along.filter(({ loginIdentity }) => loginIdentity === from);
  for (const { id } of moving) tables.endpoints.change(id, { loginIdentity: to.id });
  const ids = new Set(moving.map(({ id }) => id));
  const lastTotpStep = Math.max(tables.identities.get(from)?.lastTotpStep ?? 0, tables.identities.get(to.id)?.lastTotpStep ?? 0);
  tables.identities.change(to.id, { lastTotpStep });
  if (answer === 'followed') writeNotification(db, { kind: 'other_account', key: `${endpointId}:${to.id}`, endpointId });
  else {
    for (const { id, endpointId: at } of tables.attempts.of(from)) if (ids.has(at)) tables.attempts.change(id, { loginIdentity: to.id });
    if (answer === 'renamed') moveLedger(db, from, to.id);
    for (const { former, until } of [...tables.pasts.of(from), { former: from, until: db.now }]) remember(db, { identity: to.id, former, until });
  }
  return answer;
});

export const tellFound = operation('tellFound', (db, { endpointId, version, found }) =>
  writeNotification(db, { kind: 'found', key: `${endpointId}:${version}`, endpointId, detail: `it accepts ${found}` }),
);

export const tellLeftBehind = operation('tellLeftBehind', (db, { endpointId, version, detail }) =>
  writeNotification(db, { kind: 'left_previous', key: `${endpointId}:${version}`, endpointId, detail }),
);

export const passwordTooYoungUntil = operation('passwordTooYoungUntil', (db, { leastHours, changesPerDay, ...asked }) => {
  const endpoint = endpointOf(db, asked);
  const hours = changesPerDay === 1 ? Math.max(leastHours, 24) : leastHours;
  const attempts = endpoint?.loginIdentity ? db.tables.attempts.of(endpoint.loginIdentity) : [];
  const changes = attempts
    .flatMap(({ state, endedAt, orgId }) => (state === 'done' && endedAt && orgId === asked.orgId ? [endedAt.getTime()] : []))
    .sort((a, b) => b - a);
  const nth = changesPerDay === null ? undefined : changes[changesPerDay - 1];
  const times = [endpoint?.lastRotatedAt ? endpoint.lastRotatedAt.getTime() + hours * 3_600_000 : 0, nth === undefined ? 0 : nth + DAY_MS];
  const until = new Date(Math.max(...times));
  return until > db.now ? until : null;
});
