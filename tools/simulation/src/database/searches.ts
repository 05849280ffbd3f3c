import type { ModelDatabase } from './model-database.ts';
import { checkMs, endpointOf, operation, refuse } from './operation.ts';
import { hasOpen } from './schedule.ts';
import type { Endpoint } from './tables.ts';

const DAY_MS = 86_400_000;
export const wantCredentialSearch = operation('wantCredentialSearch', (db, wanted) => {
  const endpoint = endpointOf(db, wanted);
  if (endpoint) wantSearchNow(db, endpoint);
});

export const wantSearchIfOutdated = operation('wantSearchIfOutdated', (db, { fingerprints, ...wanted }) => {
  const endpoint = endpointOf(db, wanted);
  if (!endpoint || endpoint.searchWantedAt !== null || endpoint.loginIdentity === null) return;
  // Of what other organizations did nothing is seen.
  const own = db.tables.logins.of(endpoint.loginIdentity).filter(({ orgId, fingerprint }) => orgId === endpoint.orgId && fingerprint !== null);
  const isAsked = ({ fingerprint }: (typeof own)[number]): boolean => fingerprints.includes(fingerprint ?? '');
  const refused = own.filter((row) => isAsked(row) && (row.effect === 'suspect' || row.effect === 'bad'));
  const refusedAt = Math.max(...refused.map(({ startedAt }) => startedAt.getTime()));
  if (refused.length > 0 && own.some((row) => !isAsked(row) && row.outcome === 'accepted' && row.startedAt.getTime() > refusedAt)) wantSearchNow(db, endpoint);
});

/** Once the portal has had its time. */
export function wantSearch(db: ModelDatabase, wanted: { readonly orgId: string; readonly endpointId: string }): void {
  const endpoint = endpointOf(db, wanted);
  const propagationDelayMs = db.tables.portalTypes.get(endpoint?.portalTypeCode ?? '')?.propagationDelayMs ?? 0;
  if (!endpoint) return;
  const [earlier, now] = [endpoint.searchWantedAt, db.in(propagationDelayMs)];
  db.tables.endpoints.change(endpoint.id, { searchWantedAt: earlier && earlier < now ? earlier : now, searchRequests: endpoint.searchRequests + 1 });
}

export function wantSearchNow(db: ModelDatabase, { id, searchRequests }: Endpoint): void {
  db.tables.endpoints.change(id, { searchWantedAt: db.now, searchRequests: searchRequests + 1 });
}

export const listWantedSearches = operation('listWantedSearches', (db, { limit, pauseMs }) => {
  const pause = checkMs('pauseMs', pauseMs);
  return db.tables.endpoints
    .all()
    .filter(({ searchWantedAt, searchedAt, secretArn, loginIdentity }) => {
      if (searchWantedAt === null || searchWantedAt > db.now || secretArn === null || loginIdentity === null || hasOpen(db, loginIdentity)) return false;
      return searchedAt === null || searchedAt < db.in(-pause);
    })
    .sort((a, b) => (a.searchWantedAt?.getTime() ?? 0) - (b.searchWantedAt?.getTime() ?? 0))
    .slice(0, limit)
    .map(({ orgId, id }) => ({ orgId, endpointId: id }));
});

export const postponeSearch = operation('postponeSearch', (db, search) => {
  const wanted = 'until' in search ? search.until : db.in(checkMs('forMs', search.forMs));
  const endpoint = endpointOf(db, search);
  if (!endpoint) return;
  const meanwhile = endpoint.searchRequests === search.requests ? null : endpoint.searchWantedAt;
  const times = [wanted, db.in(DAY_MS), ...(meanwhile ? [meanwhile] : [])].map((time) => time.getTime());
  db.tables.endpoints.change(endpoint.id, { searchWantedAt: new Date(Math.min(...times)) });
});

export const startSearch = operation('startSearch', (db, { orgId, endpointId }) => {
  const endpoint = endpointOf(db, { orgId, endpointId }) ?? refuse('endpoint_unknown', 'The organization has no such endpoint.');
  return { orgId, endpointId, requests: endpoint.searchRequests };
});

export const noteSearched = operation('noteSearched', (db, asked) => {
  const endpoint = endpointOf(db, asked);
  if (!endpoint) return;
  const { id, searchWantedAt, searchRequests } = endpoint;
  const stays = searchRequests !== asked.requests || (searchWantedAt !== null && searchWantedAt > db.now);
  db.tables.endpoints.change(id, { searchedAt: db.now, searchWantedAt: stays ? searchWantedAt : null });
});
