import type { Database } from '@rcm/db';
import { decidePortalChange, listPortalChanges, type PortalChange, type PortalChangeState, proposePortalType, showPortalChange } from '@rcm/db/acts';
import { relative } from '@rcm/fleet';
import { RcmError } from '@rcm/telemetry';
import { diffFrom } from '../commands/portal-type-diff.ts';
import type { Person } from '../onboarding/add.ts';
import type { Report } from '../report.ts';
import { whole } from '../table.ts';
import type { View } from '../terminal.ts';

const STATES: Readonly<Record<PortalChangeState, string>> = {
  undecided: 'waits for approval',
  approved: 'approved, not saved',
  saved: 'saved',
  declined: 'declined',
  outdated: 'outdated',
};

/** Proposes what a file says. Nothing uses it yet. Fails as reading the file does, and as `proposePortalType`. */
export async function proposed(db: Database, { path, ...by }: Person & { readonly path: string }): Promise<Report> {
  const { readPortalTypeFile } = await import('@rcm/rotator');
  const portalType = await readPortalTypeFile(path);
  const { json, isSame } = await diffFrom(db, { ...portalType });
  if (isSame) throw new RcmError('input_invalid', `${portalType.code} is saved as the file has it. Nothing was changed.`);
  const { id } = await proposePortalType(db, portalType, by);
  return {
    json: { request: id, portalType: json.portalType, logins: json.logins },
    lines: () => [
      `${id}  proposed. Nothing uses it yet.`,
      `Somebody else looks at it and approves it:  rcm portal-type proposed ${id}`,
      `                                            rcm portal-type approve ${id} --reason "…"`,
      `Then the tables’ owner saves it:            rcm portal-type save --request ${id} --reason "…"`,
    ],
    well: true,
  };
}

/** What was proposed, the newest first; or one of them with what it would change. */
export async function proposals(db: Database, { request, limit }: { readonly request: string | undefined; readonly limit: number }): Promise<Report> {
  if (request !== undefined) return proposal(db, request);
  const changes = await listPortalChanges(db, { limit });
  return {
    json: { proposed: changes.map(asJson) },
    lines: (view) => (changes.length === 0 ? ['nobody has proposed a change of a portal type'] : changes.flatMap((change) => ofList(view, change))),
    well: true,
  };
}

/** Who has proposed it and why is there to its end: somebody may decide by it. */
const ofList = (view: View, { id, code, state, proposedAt, actor, reason, decidedBy }: PortalChange): string[] => [
  ...whole(view, `${id}  ${code}  ${STATES[state]}`),
  ...whole(view, `  proposed ${relative(proposedAt, view.now)} by ${actor}: ${reason}`),
  ...(decidedBy === null ? [] : whole(view, `  decided by ${decidedBy}`)),
];

async function proposal(db: Database, id: string): Promise<Report> {
  const change = await showPortalChange(db, { id });
  if (!change) throw none(id);
  const found = await diffFrom(db, { ...change.document, code: change.code });
  return {
    json: { ...asJson(change), ...found.json },
    lines: (view) => [
      ...whole(view, `${change.id}  ${STATES[change.state]}: proposed by ${change.actor}: ${change.reason}`),
      ...(change.decidedBy === null ? [] : whole(view, `decided by ${change.decidedBy}: ${change.decisionReason ?? ''}`)),
      ...found.lines(view, `${change.code}  is saved as it was proposed`),
    ],
    well: true,
  };
}

/** What somebody says to it: another person approves, anybody declines, and so does whoever takes their own back. Fails as `decidePortalChange`. */
export async function decided(
  db: Database,
  { id, decision, ...by }: Person & { readonly id: string; readonly decision: 'approved' | 'declined' },
): Promise<Report> {
  const change = await decidePortalChange(db, { id, decision, ...by });
  if (!change) throw none(id);
  const then = `approved. The tables’ owner saves it:  rcm portal-type save --request ${id} --reason "…"`;
  return {
    json: { request: id, portalType: change.code, decision },
    lines: () => [`${id}  ${decision === 'approved' ? then : 'declined: nothing is saved.'}`],
    well: true,
  };
}

const none = (id: string): RcmError =>
  new RcmError('input_invalid', `There is no proposed change ${id}: \`rcm portal-type proposed\` has them. Nothing was done.`);

const asJson = ({ id, code, state, actor, reason, proposedAt, decidedBy, decisionReason, decidedAt, savedAt }: PortalChange) => ({
  ...{ request: id, portalType: code, state, actor, reason, proposedAt },
  ...{ decidedBy, decisionReason, decidedAt, savedAt },
});
