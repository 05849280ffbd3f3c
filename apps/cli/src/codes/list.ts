import type { Database } from '@rcm/db';
import { listWantedCodes, type WantedCode } from '@rcm/db/codes';
import { relative } from '@rcm/fleet';
import { checkEmpty } from '../nothing-found.ts';
import type { Report } from '../report.ts';
import { type Cell, table } from '../table.ts';

/** Which codes logins wait for. What waits for a person is not well. */
export async function listed(db: Database, question: { readonly orgId: string | undefined; readonly limit: number }): Promise<Report> {
  const wanted = await listWantedCodes(db, question);
  await checkEmpty(db, wanted, { org: question.orgId });
  return {
    json: { codes: wanted.map(asJson) },
    lines(view) {
      if (wanted.length === 0) return ['no login waits for a code'];
      const columns = [
        { title: 'REQUEST' },
        { title: 'LOGIN', shrinks: true },
        { title: 'PORTAL' },
        { title: 'ASKED' },
        { title: 'LEFT' },
        { title: 'ANSWERED BY', shrinks: true },
      ];
      const rows = wanted.map((each): Cell[] => [
        { text: each.id },
        { text: each.endpointId },
        { text: each.portalTypeCode },
        { text: relative(each.askedAt, view.now) },
        { text: left(each.leftMs), ...(each.answeredBy === null ? { style: 'yellow' as const } : {}) },
        { text: each.answeredBy ?? '' },
      ]);
      return [...table(view, columns, rows), 'Answer one with: rcm codes answer REQUEST'];
    },
    well: wanted.every(({ answeredBy }) => answeredBy !== null),
  };
}

/** `4 min 10 s`. */
function left(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const asJson = ({ id, orgId, endpointId, portalTypeCode, askedAt, openUntil, answeredBy }: WantedCode): object => ({
  ...{ id, organization: orgId, login: endpointId, portal: portalTypeCode, askedAt, openUntil, answeredBy },
});
