import { type EndpointConfig, type EndpointRow, listConfigs } from '@rcm/db';
import { examine } from '../credential/examine.ts';
import { lookInto } from '../credential/look.ts';
import { each, type Migration, PAGE_SIZE, pages, wanted } from '../migration.ts';
import { byEndpoint, type Failure, failureLines, type Report } from '../report.ts';
import { Tally } from './tally.ts';

/** `create`: a secret would be written. `nothing`: the endpoint has neither a secret nor legacy credentials. */
type Action = 'create' | 'already' | 'nothing' | 'failed';

/** Logins that several endpoints use: moved, but never rotated automatically until a person has made them one. */
interface SharedLogin {
  readonly endpointIds: readonly string[];
  readonly organizations: number;
}

/** Says for each endpoint what `apply` would do, and for each shape of a login what would become of it. Reads the database alone and changes nothing. */
export async function plan(migration: Migration): Promise<Report> {
  const findings: Findings = { actions: [], failed: [], users: new Map(), tally: new Tally() };
  const rows = pages(
    (after) => listConfigs(migration.db, { after, limit: PAGE_SIZE }),
    ({ endpoint }) => endpoint.id,
  );
  for await (const row of wanted(migration.filter, each(rows), ({ endpoint }) => endpoint)) judge(migration, row, findings);
  return reportOf(findings);
}

interface Findings {
  readonly actions: { endpointId: string; action: Action }[];
  readonly failed: Failure[];
  readonly users: Map<string, EndpointRow[]>;
  readonly tally: Tally;
}

function judge(migration: Migration, { endpoint, config }: EndpointConfig, { actions, failed, users, tally }: Findings): void {
  const { credentials, elsewhere } = lookInto(config, migration.vocabulary);
  tally.elsewhere(elsewhere);
  if (endpoint.loginIdentity !== null) note(users, endpoint.loginIdentity, endpoint);
  const found = credentials === null || endpoint.secretArn !== null ? null : examine(endpoint, credentials, migration);
  if (found) tally.shape(endpoint.id, found);
  const action = endpoint.secretArn !== null ? 'already' : found === null || (!found.ok && found.empty) ? 'nothing' : found.ok ? 'create' : 'failed';
  actions.push({ endpointId: endpoint.id, action });
  if (!found?.ok) {
    if (found && !found.empty) failed.push({ endpointId: endpoint.id, code: found.code, class: 'mend', reason: found.reason });
    return;
  }
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

function reportOf({ actions, failed: unsorted, users, tally }: Findings): Report {
  const [failed, shared] = [byEndpoint(unsorted), sharedLogins(users)];
  const count = (action: Action) => actions.filter((entry) => entry.action === action).length;
  const counts = { create: count('create'), already: count('already'), nothing: count('nothing') };
  const endpoints = [...actions].sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1));
  return {
    json: { ...counts, failed, shared, ...tally.json, endpoints },
    lines: [
      `Secrets to create: ${counts.create}. Already migrated: ${counts.already}. Nothing to move: ${counts.nothing}. Cannot be moved: ${failed.length}.`,
      ...tally.lines,
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
