import { parsePayload, parseReference, type SecretStore } from '@rcm/credentials';
import type { AccountRecord, World, WorldEndpoint } from '@rcm/test-world';
import type { Cell } from '../cells/cell.ts';
import type { JournalFacts } from './journal-facts.ts';

/** What is wrong, by the name it is counted under. */
export type Fault = 'lost' | 'locked' | 'stuck' | 'blocked' | 'overBudget' | 'unexpectedEnd';

export interface Finding {
  readonly fault: Fault;
  readonly what: string;
}

/** The truth about one login: what the portal counted and accepts, what the store holds. */
export interface Truth {
  readonly account: AccountRecord;
  readonly acceptsCurrent: boolean;
  readonly acceptsStaged: boolean;
  /** The attempts whose copies are in the store. */
  readonly copies: readonly string[];
  readonly storeVersion: string | null;
}

export async function readTruth(world: World, store: SecretStore, endpoint: WorldEndpoint, facts: JournalFacts): Promise<Truth> {
  const { orgId, portal, username, secretArn } = endpoint;
  const current = parseReference(secretArn);
  const accepts = async (text: { readonly text: Parameters<typeof parsePayload>[0] } | null): Promise<boolean> =>
    text !== null && world.portals.accepts({ portal, username, password: parsePayload(text.text).reveal().password });
  const held = await store.read(current);
  const tags = { TenantId: orgId, Environment: 'test', PortalType: portal };
  const copies = await Promise.all(facts.attempts.map(({ id }) => store.readStaged({ current, attemptId: id, tags })));
  const acceptedCopies = await Promise.all(copies.map(accepts));
  return {
    account: await world.portals.account(portal, username),
    acceptsCurrent: await accepts(held),
    acceptsStaged: acceptedCopies.includes(true),
    copies: facts.attempts.flatMap(({ id }, index) => (copies[index] ? [id] : [])),
    storeVersion: held?.version ?? null,
  };
}

/** Logins that may fail before a portal's lock, less the one that is left to people: the demo portals' threshold of 3 and margin of 1. */
const BUDGET = 2;

/** The verdict on a case. The portal and the store decide what was lost; the journal is only asked to account for itself. */
export function judgeCase(cell: Cell, truth: Truth, facts: JournalFacts): Finding[] {
  const findings: Finding[] = [];
  const found = (fault: Fault, what: string): void => void findings.push({ fault, what });
  const { account } = truth;
  const open = facts.attempts.filter((attempt) => !attempt.ended);
  const blocked = open.some((attempt) => attempt.state === 'blocked');

  if (!truth.acceptsCurrent && !truth.acceptsStaged) found('lost', 'the portal accepts nothing that the store holds');
  if (account.locked || account.accountsLocked > 0) found('locked', 'the portal locked the account');
  if (account.mostFailures > BUDGET) found('overBudget', `${account.mostFailures} refused logins in a row; the budget is ${BUDGET}`);
  if (blocked) found('blocked', open.map((attempt) => attempt.detail ?? 'no reason given').join('; '));
  if (open.length > 0 && !blocked)
    found('stuck', open.map((attempt) => `${attempt.state} from ${attempt.waitingFrom ?? '-'}: ${attempt.detail ?? ''}`).join('; '));
  if (findings.length === 0) for (const what of departures(cell, truth, facts)) found('unexpectedEnd', what);
  return findings;
}

/** Whatever differs from the end that the cell expects, and every row that does not account for itself. */
function departures(cell: Cell, truth: Truth, facts: JournalFacts): string[] {
  const { expected } = cell;
  const { account } = truth;
  const done = facts.attempts.filter((attempt) => attempt.state === expected.end);
  const last = done.at(-1);
  const checks: readonly (readonly [boolean, string])[] = [
    [truth.acceptsCurrent, 'the portal accepts a staged copy and not what is current'],
    [
      facts.attempts.length === expected.attempts && done.length === expected.attempts,
      `attempts: ${facts.attempts.map((attempt) => attempt.state).join(', ') || 'none'}`,
    ],
    [account.passwordsChanged === expected.passwordsChanged, `the portal changed ${account.passwordsChanged} passwords, expected ${expected.passwordsChanged}`],
    [account.loginsRejected <= expected.rejectedAtMost, `the portal refused ${account.loginsRejected} logins, expected at most ${expected.rejectedAtMost}`],
    [last?.promotedVersion === truth.storeVersion, `promoted ${last?.promotedVersion}, the store holds ${truth.storeVersion}`],
    [facts.endpoint.currentVersion === truth.storeVersion, `the row says ${facts.endpoint.currentVersion}, the store holds ${truth.storeVersion}`],
    [last?.previousVersion === last?.baseVersion && last?.baseVersion !== last?.promotedVersion, 'the journal does not name the version before'],
    [facts.endpoint.status === 'active' && facts.endpoint.rotated, `the endpoint is ${facts.endpoint.status}`],
    // What was promoted stays beside it until a later rotation is verified; whatever is older is gone.
    [truth.copies.length === 1 && truth.copies[0] === last?.id, `${truth.copies.length} copies are left, and the last rotation's is to be the only one`],
    [facts.leases === 0, `${facts.leases} leases are left`],
    [
      account.loginsAccepted + account.loginsRejected <= facts.logins,
      `the portal saw ${account.loginsAccepted + account.loginsRejected} logins, the ledger has ${facts.logins}`,
    ],
    [facts.unfinishedLogins <= cell.strikes.length, `${facts.unfinishedLogins} logins have no end in the ledger`],
  ];
  return checks.filter(([holds]) => !holds).map(([, what]) => what);
}
