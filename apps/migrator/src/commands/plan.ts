import { type EndpointRow, listEndpoints, listLegacyEndpoints } from '@rcm/db';
import type { Secret } from '@rcm/telemetry';
import { examine } from '../credential/examine.ts';
import { type Migration, PAGE_SIZE, pages } from '../migration.ts';
import { byEndpoint, type Failure, failureLines, type Report } from '../report.ts';

/** `create`: a secret would be written. `nothing`: the endpoint has neither a secret nor legacy credentials. */
type Action = 'create' | 'already' | 'nothing' | 'failed';

/** Logins that several endpoints use: moved, but never rotated automatically until a person has made them one. */
interface SharedLogin {
  readonly endpointIds: readonly string[];
  readonly organizations: number;
}

/** Says for each endpoint what `apply` would do. Reads the database alone and changes nothing. */
export async function plan(migration: Migration): Promise<Report> {
  const actions: { endpointId: string; action: Action }[] = [];
  const failed: Failure[] = [];
  const users = new Map<string, EndpointRow[]>();
  const plainEndpoints = pages(
    (after) => listEndpoints(migration.db, { after, limit: PAGE_SIZE }),
    (row) => row.id,
  );
  for await (const page of plainEndpoints) {
    for (const endpoint of page) {
      if (endpoint.loginIdentity !== null) note(users, endpoint.loginIdentity, endpoint);
      if (endpoint.secretArn !== null) actions.push({ endpointId: endpoint.id, action: 'already' });
      else if (!endpoint.hasLegacyCredentials) actions.push({ endpointId: endpoint.id, action: 'nothing' });
    }
  }
  const legacyEndpoints = pages(
    (after) => listLegacyEndpoints(migration.db, { after, limit: PAGE_SIZE }),
    (row) => row.endpoint.id,
  );
  for await (const page of legacyEndpoints) {
    for (const { endpoint, credentials } of page) {
      if (endpoint.secretArn === null) judge(migration, endpoint, credentials, { actions, failed, users });
    }
  }
  return reportOf(actions, byEndpoint(failed), sharedLogins(users));
}

interface Findings {
  readonly actions: { endpointId: string; action: Action }[];
  readonly failed: Failure[];
  readonly users: Map<string, EndpointRow[]>;
}

function judge(migration: Migration, endpoint: EndpointRow, credentials: Secret<string>, { actions, failed, users }: Findings): void {
  const found = examine(endpoint, credentials, { keys: migration.keys, place: migration.place });
  if (!found.ok) {
    actions.push({ endpointId: endpoint.id, action: 'failed' });
    failed.push({ endpointId: endpoint.id, code: found.code, reason: found.reason });
    return;
  }
  actions.push({ endpointId: endpoint.id, action: 'create' });
  const ids = found.names.map(({ id }) => id);
  // Where somebody goes by a name of this account under another key, that is the account's.
  if (endpoint.loginIdentity === null || !ids.includes(endpoint.loginIdentity)) note(users, ids.find((id) => users.has(id)) ?? ids[0] ?? '', endpoint);
}

function note(users: Map<string, EndpointRow[]>, loginIdentity: string, endpoint: EndpointRow): void {
  users.set(loginIdentity, [...(users.get(loginIdentity) ?? []), endpoint]);
}

const sharedLogins = (users: ReadonlyMap<string, readonly EndpointRow[]>): SharedLogin[] =>
  [...users.values()]
    .filter((rows) => rows.length > 1)
    .map((rows) => ({ endpointIds: rows.map((row) => row.id).sort(), organizations: new Set(rows.map((row) => row.orgId)).size }));

function reportOf(actions: readonly { endpointId: string; action: Action }[], failed: readonly Failure[], shared: readonly SharedLogin[]): Report {
  const count = (action: Action) => actions.filter((entry) => entry.action === action).length;
  const counts = { create: count('create'), already: count('already'), nothing: count('nothing') };
  const endpoints = [...actions].sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1));
  return {
    json: { ...counts, failed, shared, endpoints },
    lines: [
      `Secrets to create: ${counts.create}. Already migrated: ${counts.already}. Nothing to move: ${counts.nothing}. Cannot be moved: ${failed.length}.`,
      ...failureLines(failed),
      ...sharedLines(shared),
    ],
    complete: failed.length === 0,
  };
}

/** What a person should know about logins that several endpoints use. */
export const sharedLines = (shared: readonly SharedLogin[]): string[] =>
  shared.map(
    ({ endpointIds, organizations }) =>
      `  One login, not rotated automatically: ${endpointIds.join(', ')}${organizations > 1 ? ` (in ${organizations} organizations)` : ''}`,
  );
