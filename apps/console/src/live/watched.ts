import type { Mark, Marked } from '@rcm/db/acts';
import type { Page } from '../access/roles.ts';

/** A page that is told when something that it shows has changed. */
export interface LivePage {
  readonly page: Page;
  /** Of the page under its organization, and of its stream under `/changes` there. */
  readonly path: string;
  readonly where: 'organization' | 'both';
  /** What it shows that changes by itself. The fleet shows how logins are, not each time that one is used. */
  readonly what: readonly Marked[];
}

export const LIVE_PAGES: readonly LivePage[] = [
  { page: 'fleet', path: '/logins', where: 'both', what: ['rotation', 'refusal'] },
  { page: 'login', path: '/logins/:id', where: 'organization', what: ['rotation', 'refusal', 'login', 'task', 'pause', 'act'] },
  { page: 'rotations', path: '/rotations', where: 'both', what: ['rotation', 'pause', 'gate'] },
  { page: 'tasks', path: '/tasks', where: 'both', what: ['task'] },
  // Each time that people are asked for one, they are told, too.
  { page: 'codes', path: '/codes', where: 'both', what: ['notice'] },
  { page: 'notifications', path: '/notifications', where: 'both', what: ['notice'] },
];

/** Where the stream of a page is; `null`: it changes by nobody but its person. */
export function changesPath(page: Page, base: string, id: string): string | null {
  const live = LIVE_PAGES.find((each) => each.page === page);
  return live ? `${base}/changes${live.path.replace(':id', id)}` : null;
}

/** What one stream is told of. */
export interface Watch {
  readonly what: ReadonlySet<Marked>;
  /** `null`: everybody's. */
  readonly orgId: string | null;
  /** `null`: of all logins there. */
  readonly endpointId: string | null;
}

/** What of another organization, or of none, changes is nothing to the stream of one. */
export const isWatched = ({ what, orgId, endpointId }: Watch, mark: Mark): boolean =>
  what.has(mark.what) && (orgId === null || orgId === mark.orgId) && (endpointId === null || mark.endpointId === null || endpointId === mark.endpointId);
