import type { Database } from '@rcm/db';
import { listOrganizations } from '@rcm/db/fleet';
import type { Report } from '../report.ts';
import { table } from '../table.ts';

export interface OrgListOptions {
  readonly limit: string;
  readonly after?: string;
}

/** A page of all organizations, by id. */
export async function orgList(db: Database, { limit, after }: OrgListOptions): Promise<Report> {
  const most = Number(limit);
  // One more tells whether there is a next page.
  const found = await listOrganizations(db, { after, limit: most + 1 });
  const organizations = found.slice(0, most);
  const next = found.length > organizations.length ? (organizations.at(-1)?.id ?? null) : null;
  return {
    json: { organizations, next },
    lines: (view) => [
      ...(organizations.length === 0
        ? [after === undefined ? 'no organization' : 'no further organization']
        : table(
            view,
            [{ title: 'ORGANIZATION' }, { title: 'NAME', shrinks: true }],
            organizations.map(({ id, name }) => [{ text: id }, { text: name }]),
          )),
      ...(next === null ? [] : ['', view.paint('dim', `more: --after ${next}`)]),
    ],
    well: true,
  };
}
