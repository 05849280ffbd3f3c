import type { EndpointRow } from '@rcm/db';
import { type EndpointConfig, listConfigs } from '@rcm/db/migration';
import { examine, type Movable, type Unmovable } from '../credential/examine.ts';
import { lookInto } from '../credential/look.ts';
import { retiredRow } from '../credential/retired-row.ts';
import { each, endedAs, type Migration, PAGE_SIZE, pages, wanted } from '../migration.ts';
import { byEndpoint, failedAs, type Failure, failureLines, failureOf, type Report } from '../report.ts';
import { Tally } from './tally.ts';
import { type SharedLogin, Users } from './users.ts';

/** `create`: a secret would be written. `nothing`: the endpoint has neither a secret nor legacy credentials. */
type Action = 'create' | 'already' | 'nothing' | 'failed';

/** Says for each endpoint what `apply` would do, and for each shape of a login what would become of it. Reads the database alone and changes nothing. */
export async function plan(migration: Migration): Promise<Report> {
  const findings: Findings = { counts: { create: 0, already: 0, nothing: 0, failed: 0 }, actions: [], failed: [], users: new Users(), tally: new Tally() };
  const rows = pages(
    (after) => listConfigs(migration.db, { after, limit: PAGE_SIZE }),
    ({ endpoint }) => endpoint.id,
  );
  for await (const row of wanted(migration.filter, each(rows), ({ endpoint }) => endpoint)) judge(migration, row, findings);
  return reportOf(findings);
}

interface Findings {
  readonly counts: Record<Action, number>;
  /** Empty where each was told of by itself. */
  readonly actions: { endpointId: string; action: Action }[];
  readonly failed: Failure[];
  readonly users: Users;
  readonly tally: Tally;
}

function judge(migration: Migration, { endpoint, config }: EndpointConfig, { counts, actions, failed, users, tally }: Findings): void {
  const { credentials, elsewhere } = lookInto(config, migration.vocabulary);
  tally.elsewhere(elsewhere);
  if (endpoint.loginIdentity !== null) users.note(endpoint.loginIdentity, endpoint);
  const found = credentials === null || !isToMove(endpoint) ? null : examine(endpoint, credentials, migration);
  if (found) tally.shape(endpoint.id, found);
  const action = actionOf(endpoint, found);
  counts[action] += 1;
  if (migration.endpoints === 'listed') actions.push({ endpointId: endpoint.id, action });
  const failure = failureIn(migration, endpoint, found);
  migration.onEnd(failure ? failedAs(endpoint, failure) : endedAs(endpoint, action));
  if (failure) failed.push(failure);
  if (found?.ok && endpoint.retiredAt === null) noteName(users, endpoint, found);
}

/** What lies elsewhere in the row of a retired endpoint is not gathered; it is told of as such. */
const isToMove = ({ secretArn, retiredAt, hasLegacyCredentials }: EndpointRow): boolean => secretArn === null && (retiredAt === null || hasLegacyCredentials);

/** `null` found: nothing was to be examined. */
type Found = Movable | Unmovable | null;

function actionOf({ secretArn, retiredAt }: EndpointRow, found: Found): Action {
  if (secretArn !== null) return 'already';
  if (found === null || (!found.ok && found.empty)) return 'nothing';
  return found.ok && retiredAt === null ? 'create' : 'failed';
}

function failureIn({ logger }: Migration, endpoint: EndpointRow, found: Found): Failure | null {
  if (found === null || (!found.ok && found.empty)) return null;
  if (endpoint.retiredAt !== null) return failureOf(endpoint.id, retiredRow(endpoint), logger);
  return found.ok ? null : { endpointId: endpoint.id, code: found.code, class: 'mend', reason: found.reason };
}

/** Where somebody goes by a name of this account under another key, that is the account's. */
function noteName(users: Users, endpoint: EndpointRow, { names }: Movable): void {
  const ids = names.map(({ id }) => id);
  if (endpoint.loginIdentity === null || !ids.includes(endpoint.loginIdentity)) users.note(ids.find((id) => users.knows(id)) ?? ids[0] ?? '', endpoint);
}

function reportOf({ counts: { failed: _named, ...counts }, actions, failed: unsorted, users, tally }: Findings): Report {
  const [failed, shared] = [byEndpoint(unsorted), users.shared];
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
