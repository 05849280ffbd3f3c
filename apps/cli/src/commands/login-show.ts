import type { Database } from '@rcm/db';
import { type LoginInFull, showLogin } from '@rcm/db/fleet';
import { isWell, loginStateOf, nextStepsFor, relative, whyRotatedThen } from '@rcm/fleet';
import { RcmError } from '@rcm/telemetry';
import type { Report } from '../report.ts';
import { loginJson } from '../login-state.ts';
import { facts } from '../table.ts';
import type { View } from '../terminal.ts';

/** Everything that the books know of the logins that are named. Not well where one of them is not. */
export async function loginShow(db: Database, ids: readonly string[]): Promise<Report> {
  const found: LoginInFull[] = [];
  for (const endpointId of ids) {
    const login = await showLogin(db, { endpointId });
    if (!login) throw new RcmError('endpoint_unknown', `There is no endpoint ${endpointId}. Nothing was done.`);
    found.push(login);
  }
  return {
    json: { logins: found.map(inFull) },
    lines: (view) => found.flatMap((login, i) => [...(i > 0 ? [''] : []), ...loginLines(login, view)]),
    well: found.every(isWell),
  };
}

const inFull = (login: LoginInFull): object => ({
  ...loginJson(login),
  portalName: login.portalName,
  secret: login.secretArn === null ? null : { reference: login.secretArn, version: login.currentVersion },
  lastRefused: login.lastRefused,
  budget: login.budget,
  backupCodes: login.backupCodes,
  nextRotation: whyRotatedThen(login),
  restsUntil: login.rotationNotBefore,
  searchWantedAt: login.searchWantedAt,
  verifyAt: login.verifyAt,
  attempt: login.attempt,
  leases: login.leases,
  waitingTasks: login.waitingTasks,
  pauses: login.pauses,
  portalStopped: login.portalStopped,
  notices: login.notifications,
  alsoAt: login.alsoAt,
});

type Ago = (at: Date | null) => string;

/** The login as a person reads it: its state, what there is to say of it, and what to do next. */
export function loginLines(login: LoginInFull, view: View): string[] {
  const ago: Ago = (at) => relative(at, view.now);
  const { budget, attempt, lastRefused } = login;
  const next = whyRotatedThen(login);
  return [
    `${view.paint('bold', login.id)}  ${stateOf(login, view)}`,
    ...facts(view, [
      ['organization', login.orgId],
      ['portal', `${login.portalName} (${login.portalTypeCode}), account ${login.accountId}`],
      ['last accepted', login.lastAcceptedAt ? ago(login.lastAcceptedAt) : 'never'],
      ['last refused', lastRefused && refusalOf(lastRefused, ago)],
      ['failing since', login.refusedSince && ago(login.refusedSince)],
      ['budget', budget && budgetOf(budget, ago)],
      ['backup codes', login.backupCodes && `${login.backupCodes.left} left when one was typed ${ago(login.backupCodes.at)}`],
      ['rotated', login.lastRotatedAt ? ago(login.lastRotatedAt) : 'never'],
      ['next rotation', `${next.at ? `${ago(next.at)}: ` : ''}${next.why}`],
      ['expires', login.expiresAt && ago(login.expiresAt)],
      ['verified', login.verifyAt && `${ago(login.verifyAt)} by itself, if nobody uses it until then`],
      ['version', login.currentVersion],
      ['open attempt', attempt && attemptOf(attempt, ago)],
      ...login.leases.map((l) => ['held', `${l.kind} by ${l.holder} since ${ago(l.since)}, ends ${ago(l.until)}`] as const),
      ...login.waitingTasks.map((t) => ['waiting task', `${t.name} ${t.id}, goes on ${ago(t.notBefore)}${t.why ? `: ${t.why}` : ''}`] as const),
      ...login.notifications.map((n) => ['told', `${ago(n.at)}: ${n.kind}${n.detail ? `, ${n.detail}` : ''}`] as const),
      ['also at', login.alsoAt.join(', ')],
    ]),
    ...nextStepsFor(login).map((step) => view.paint('yellow', `→ ${step}`)),
  ];
}

function stateOf(login: LoginInFull, view: View): string {
  const state = loginStateOf(login);
  if (state === 'ok') return view.paint('green', state);
  return view.paint(isWell(login) ? 'yellow' : 'red', state);
}

type Of<Part extends keyof LoginInFull> = NonNullable<LoginInFull[Part]>;

const refusalOf = ({ at, outcome, effect, version, by }: Of<'lastRefused'>, ago: Ago): string =>
  `${ago(at)}: ${outcome}, password ${effect ?? 'none'}, version ${version}, by ${by}`;

const budgetOf = ({ failuresLeft, of, why, until }: Of<'budget'>, ago: Ago): string =>
  `${failuresLeft} of ${of} failed logins left${why ? ` (${why})` : ''}${until ? `, better ${ago(until)}` : ''}`;

const attemptOf = ({ state, since, owner, detail }: Of<'attempt'>, ago: Ago): string =>
  `${state} since ${ago(since)}, by ${owner}${detail ? `: ${detail}` : ''}`;
