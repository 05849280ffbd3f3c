import type { Database } from '@rcm/db';
import { type AskedAct, type AskedActState, listBreakGlass } from '@rcm/db/acts';
import { relative } from '@rcm/fleet';
import type { Report } from '../report.ts';
import { type Cell, table } from '../table.ts';

/** What came of a request, in words; only what waits, or was taken and not told of, is for somebody to look at. */
export const STATES: Readonly<Record<AskedActState, Cell>> = {
  undecided: { text: 'waits for approval', style: 'yellow' },
  waiting: { text: 'approved, not read', style: 'yellow' },
  'under way': { text: 'being read', style: 'yellow' },
  done: { text: 'read' },
  failed: { text: 'not shown' },
  expired: { text: 'over, not read' },
  left: { text: 'may have been read', style: 'yellow' },
  declined: { text: 'declined' },
  withdrawn: { text: 'withdrawn' },
  outdated: { text: 'over, not read' },
};

/** Who asked to read which password, the newest first. */
export async function listed(db: Database, limit: number): Promise<Report> {
  const requests = await listBreakGlass(db, { limit });
  return {
    json: { requests: requests.map(asJson) },
    lines(view) {
      if (requests.length === 0) return ['nobody has asked to read a password'];
      const columns = [
        { title: 'REQUEST' },
        { title: 'LOGIN', shrinks: true },
        { title: 'STATE' },
        { title: 'MINUTES' },
        { title: 'ASKED' },
        { title: 'BY', shrinks: true },
        { title: 'WHY', shrinks: true },
        { title: 'DECIDED BY', shrinks: true },
      ];
      const rows = requests.map((each): Cell[] => [
        { text: each.id },
        { text: each.endpointId ?? '' },
        STATES[each.state],
        { text: String(each.minutes) },
        { text: relative(each.askedAt, view.now) },
        { text: each.actor },
        { text: each.reason },
        { text: each.decidedBy ?? '' },
      ]);
      return table(view, columns, rows);
    },
    well: true,
  };
}

const asJson = ({ id, orgId, endpointId, state, minutes, actor, reason, askedAt, decidedBy, decidedAt, decisionReason, endedAt, words }: AskedAct): object => ({
  ...{ id, organization: orgId, login: endpointId, state, minutes, actor, reason, askedAt },
  ...{ decidedBy, decidedAt, decisionReason, endedAt, words },
});
