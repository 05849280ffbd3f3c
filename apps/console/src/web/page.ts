import { type Database, placeIn } from '@rcm/db';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { maySee, type Page } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { layout } from '../pages/layout.ts';
import { changesPath } from '../live/watched.ts';
import type { Visitor } from '../sign-in/visitor.ts';
import type { Markup } from './markup.ts';
import { accessIn, type PlaceAccess } from './places.ts';

/** Rows on one page of a list. */
export const A_PAGE = 50;

type Query = Readonly<Record<string, unknown>>;
interface Asked extends PlaceAccess {
  readonly visitor: Visitor;
  readonly query: Query;
  readonly id: string;
  readonly now: Date;
}
interface Rendered {
  readonly title: string;
  readonly content: Markup;
}

export type AddPage = (name: Page, path: string, where: 'organization' | 'both', render: (asked: Asked) => Promise<Rendered | null>) => void;

/** Serves a page to those whose roles show it, and to everybody else what is answered for none. Every address names its organization. */
export function pagesOf(server: FastifyInstance, db: Database): AddPage {
  return (name, path, where, render) => {
    const answer = (organization: (request: FastifyRequest) => string | null) => async (request: FastifyRequest, reply: FastifyReply) => {
      const { visitor } = request;
      if (!visitor) throw new Error('whoever is not signed in does not come here');
      const access = await accessIn(db, visitor, organization(request));
      const id = (request.params as { id?: string }).id ?? '';
      const query = request.query as Query;
      const rendered = access && maySee(access.roles, name) ? await render({ ...access, visitor, query, id, now: new Date() }) : null;
      if (!access || !rendered) return reply.code(404).html(notFoundPage(visitor));
      const { title, content } = rendered;
      return reply.html(layout({ title, visitor, page: name, changes: changesPath(name, access.place.base, id), ...access }, content));
    };
    server.get(
      `/o/:org${path}`,
      answer((request) => (request.params as { org: string }).org),
    );
    if (where === 'both')
      server.get(
        `/all${path}`,
        answer(() => null),
      );
  };
}

/** Where the page before ended, as the address says; `null` on the first one. Fails with `input_invalid` where it says anything else. */
export const placeAfter = <P>(places: Parameters<typeof placeIn<P>>[0], { after }: Query): P | null =>
  after === undefined ? null : placeIn(places, 'after', typeof after === 'string' ? after : '');

/** Whose rows a page reads; `null`: everybody's. */
export const scopeOf = (orgId: string | null) => (orgId === null ? ('every tenant' as const) : { tenant: orgId });
