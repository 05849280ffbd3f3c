import type { Database } from '@rcm/db';
import { csv } from '@rcm/telemetry';
import type { Report } from '../report.ts';
import { table } from '../table.ts';
import { type AccessReview, reviewAccess } from './access.ts';
import { pageOf } from './page.ts';
import { lastQuarter, quarterNamed } from './quarter.ts';
import { type Section, sectionsOf } from './sections.ts';

/** Well whatever it finds: it is for a person to judge. */
export async function review(
  db: Database,
  { org: orgId, quarter, as }: { readonly org: string; readonly quarter?: string; readonly as: 'text' | 'csv' | 'page' },
  now: Date,
): Promise<Report> {
  const found = await reviewAccess(db, { orgId, quarter: quarter === undefined ? lastQuarter(now) : quarterNamed(quarter) });
  const sections = sectionsOf(found);
  return {
    json: asJson(found, sections),
    lines(view) {
      if (as === 'csv') return [csvOf(sections).trimEnd()];
      if (as === 'page') return [pageOf(found, sections, now)];
      return sections.flatMap(({ title, words, columns, rows, empty, more }) => [
        view.paint('bold', title),
        view.paint('dim', words),
        ...(rows.length === 0
          ? [empty]
          : table(
              view,
              columns.map((name, i) => ({ title: name.toUpperCase(), shrinks: i !== columns.length - 1 })),
              rows.map((row) => row.map((text) => ({ text }))),
            )),
        ...(more === null ? [] : [view.paint('dim', `more: ${more}`)]),
        '',
      ]);
    },
    well: true,
  };
}

/** One table: which list, then its columns under their own heads. */
const csvOf = (sections: readonly Section[]): string =>
  csv(sections.flatMap(({ title, columns, rows }) => [['list', ...columns], ...rows.map((row) => [title, ...row])]));

const asJson = ({ organization, quarter }: AccessReview, sections: readonly Section[]): Record<string, unknown> => ({
  organization: organization.id,
  quarter: quarter.name,
  lists: sections.map(({ title, columns, rows, more }) => ({ title, columns, rows, more })),
});
