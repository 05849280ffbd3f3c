import type { Database } from '@rcm/db';
import { LOOK_PARTS, type LookPart, readPortalPicture } from '@rcm/db/acts';
import { isId } from '@rcm/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { maySee } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { scopeOf } from './page.ts';
import { accessIn } from './places.ts';

interface OfAPicture {
  readonly Params: { readonly org?: string; readonly id: string; readonly look: string; readonly picture: string };
}

/** The pictures of the page Portals: to whoever sees that page there, and to everybody else what is answered for none. */
export function lookRoutes(server: FastifyInstance, db: Database): void {
  const answer = async (request: FastifyRequest<OfAPicture>, reply: FastifyReply) => {
    const { visitor, params } = request;
    if (!visitor) throw new Error('whoever is not signed in does not come here');
    const access = await accessIn(db, visitor, params.org ?? null);
    const part = partOf(params.picture);
    const maySeeIt = access !== null && maySee(access.roles, 'portals') && part !== null && isId(params.id) && z.uuid().safeParse(params.look).success;
    const png = maySeeIt ? await readPortalPicture(db, { lookId: params.look, part, code: params.id, scope: scopeOf(access.place.orgId) }) : null;
    if (!png) return reply.code(404).html(notFoundPage(visitor));
    return reply.type('image/png').send(Buffer.from(png));
  };
  server.get<OfAPicture>('/o/:org/portals/:id/looks/:look/:picture', answer);
  server.get<OfAPicture>('/all/portals/:id/looks/:look/:picture', answer);
}

const partOf = (picture: string): LookPart | null => LOOK_PARTS.find((part) => picture === `${part}.png`) ?? null;
