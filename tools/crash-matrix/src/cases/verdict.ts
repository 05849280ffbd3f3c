import type { AccountHistory } from '@rcm/demo-portals';
import type { Cell } from '../cells/cell.ts';
import { PORTAL_FACTS } from '../cells/portal.ts';
import type { JournalFacts } from './journal-facts.ts';
import type { Stored } from './stored.ts';
import { TIMING } from './timing.ts';

/** What is wrong, by the name it is counted under. */
export type Failure = 'lost' | 'locked' | 'stuck' | 'blocked' | 'overBudget' | 'unexpectedEnd';

export interface Finding {
  readonly failure: Failure;
  readonly what: string;
}

/** The truth about one login: what the portal has written down of it, what the store holds and what of that the portal accepts. */
export interface Truth {
  readonly history: AccountHistory;
  readonly stored: Stored;
}

/** The verdict on a case. The portal and the store decide what was lost; the journal is only asked to account for itself. */
export function judgeCase(cell: Cell, truth: Truth, facts: JournalFacts): Finding[] {
  const findings: Finding[] = [];
  const found = (failure: Failure, what: string): void => void findings.push({ failure, what });
  const { history, stored } = truth;
  const { budget } = PORTAL_FACTS[cell.portal];
  const ours = history.tries.filter(({ by }) => by === 'visitor');
  const inARow = mostInARow(history);
  const open = facts.attempts.filter((attempt) => !attempt.ended);
  const blocked = open.some((attempt) => attempt.state === 'blocked');

  if (!stored.holdsAccepted) found('lost', 'the portal accepts nothing that the store holds');
  if (ours.some(({ locks }) => locks)) found('locked', 'a login of ours locked the account');
  if (history.locked) found('locked', 'the account is locked at the end');
  if (inARow > budget) found('overBudget', `${inARow} refused logins in a row; the budget is ${budget}`);
  const atLocked = ours.filter((each) => each.atLocked).length;
  if (atLocked > budget) found('overBudget', `${atLocked} logins at the locked account; the budget is ${budget}`);
  if (blocked) found('blocked', open.map((attempt) => attempt.detail ?? 'no reason given').join('; '));
  if (open.length > 0 && !blocked)
    found('stuck', open.map((attempt) => `${attempt.state} from ${attempt.waitingFrom ?? '-'}: ${attempt.detail ?? ''}`).join('; '));
  if (findings.length === 0) for (const what of departures(cell, truth, facts)) found('unexpectedEnd', what);
  return findings;
}

/** Wrong tries of ours that counted at the same time, by the portal's own record: none was accepted between them, and none is older than the window. */
function mostInARow({ tries }: AccountHistory): number {
  let [row, most]: [number[], number] = [[], 0];
  for (const { at, ended, by } of tries) {
    const time = Date.parse(at);
    if (ended === 'accepted') row = [];
    if ((ended === 'wrong' || ended === 'wrong_code') && by === 'visitor') row = [...row.filter((each) => each > time - TIMING.lockoutWindowMs), time];
    most = Math.max(most, row.length);
  }
  return most;
}

/** Whatever differs from the end that the cell expects, and where it expects the journal's end, too, every row that does not account for itself. */
function departures(cell: Cell, { history, stored }: Truth, facts: JournalFacts): string[] {
  const { expected } = cell;
  const checks: readonly Check[] = [
    [stored.acceptsCurrent, 'the portal accepts a staged copy and not what is current'],
    [history.passwordsChanged === expected.passwordsChanged, `the portal changed ${history.passwordsChanged} passwords, expected ${expected.passwordsChanged}`],
    [facts.endpoint.currentVersion === stored.version, `the row says ${facts.endpoint.currentVersion}, the store holds ${stored.version}`],
    [facts.leases === 0, `${facts.leases} leases are left`],
    ...(expected.end === 'done' ? accounts(cell, { history, stored }, facts) : []),
  ];
  return checks.filter(([holds]) => !holds).map(([, what]) => what);
}

type Check = readonly [holds: boolean, otherwise: string];

function accounts({ expected, crashPoints }: Cell, { history, stored }: Truth, facts: JournalFacts): Check[] {
  const done = facts.attempts.filter((attempt) => attempt.state === 'done');
  const last = done.at(-1);
  const logins = history.loginsAccepted + history.loginsRejected;
  return [
    [
      facts.attempts.length === expected.attempts && done.length === expected.attempts,
      `attempts: ${facts.attempts.map((attempt) => attempt.state).join(', ') || 'none'}`,
    ],
    [
      expected.rejectedAtMost === null || history.loginsRejected <= expected.rejectedAtMost,
      `the portal refused ${history.loginsRejected} logins, expected at most ${expected.rejectedAtMost}`,
    ],
    [last?.promotedVersion === stored.version, `promoted ${last?.promotedVersion}, the store holds ${stored.version}`],
    [last?.previousVersion === last?.baseVersion && last?.baseVersion !== last?.promotedVersion, 'the journal does not name the version before'],
    [facts.endpoint.status === 'active' && facts.endpoint.rotated, `the endpoint is ${facts.endpoint.status}`],
    // What was promoted stays beside it until a later rotation is verified; whatever is older is gone.
    [stored.copies.length === 1 && stored.copies[0] === last?.id, `${stored.copies.length} copies are left, and the last rotation's is to be the only one`],
    [logins <= facts.logins, `the portal saw ${logins} logins, the ledger has ${facts.logins}`],
    [facts.unfinishedLogins <= crashPoints.length, `${facts.unfinishedLogins} logins have no end in the ledger`],
  ];
}
