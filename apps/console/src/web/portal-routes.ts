import type { Database } from '@rcm/db';
import { listPortalChanges, listPortalLooks, showPortalChange } from '@rcm/db/acts';
import { listPortals, showPortal } from '@rcm/db/fleet';
import { listAdmissions } from '@rcm/db/rotation';
import { isId } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { formToken } from '../access/form-token.ts';
import { portalChangePage } from '../pages/portal-change.ts';
import { portalPage, portalsPage } from '../pages/portals.ts';
import { pagesOf, scopeOf } from './page.ts';
import { accessIn } from './places.ts';

const CHANGES_SHOWN = 10;
const LOOKS_SHOWN = 3;

/** Portals, what was seen when somebody looked at them, and what people want to change of them. */
export function portalRoutes(server: FastifyInstance, db: Database): void {
  const page = pagesOf(server, db);

  page('portals', '/portals', 'both', async ({ place, now }) => {
    const portals = await listPortals(db, scopeOf(place.orgId));
    const changes = place.orgId === null ? await listPortalChanges(db, { limit: CHANGES_SHOWN }) : null;
    return { title: 'Portals', content: portalsPage({ place, portals, admissions: await listAdmissions(db), changes, now }) };
  });

  // Of every organization, like the portal type: only for whoever has a role in each, under either address.
  page('portals', '/portals/changes/:id', 'both', async ({ visitor, id, now }) => {
    const everywhere = await accessIn(db, visitor, null);
    const change = everywhere && z.uuid().safeParse(id).success ? await showPortalChange(db, { id }) : null;
    if (!everywhere || !change) return null;
    const portal = await showPortal(db, { code: change.code, scope: 'every tenant' });
    const deciding = { person: visitor.person, roles: everywhere.roles, token: formToken(visitor.sessionId) };
    return { title: `Change of ${change.code}`, content: portalChangePage({ change, portal, ...deciding, now }) };
  });

  page('portals', '/portals/:id', 'both', async ({ place, id, now }) => {
    const scope = scopeOf(place.orgId);
    const portal = isId(id) ? await showPortal(db, { code: id, scope }) : null;
    if (!portal) return null;
    const [admissions, looks] = await Promise.all([listAdmissions(db), listPortalLooks(db, { code: id, scope, limit: LOOKS_SHOWN })]);
    return { title: portal.code, content: portalPage({ place, portal, admissions, looks, now }) };
  });
}
