import { auditPlaces } from '@rcm/db';
import { askAuditCheck, listAuditChecks } from '@rcm/db/audit';
import { listAudit } from '@rcm/db/fleet';
import type { FastifyInstance } from 'fastify';
import { formToken } from '../access/form-token.ts';
import { mayDo } from '../access/roles.ts';
import { reasonIn } from '../acts/reason.ts';
import type { ActDependencies } from '../acts/routes.ts';
import { auditChecks } from '../pages/audit-checks.ts';
import { auditAsked, auditPage, questionOf } from '../pages/audit.ts';
import { notFoundPage } from '../pages/failure.ts';
import { mustBeOwnForm } from './own-form.ts';
import { A_PAGE, pagesOf, placeAfter } from './page.ts';
import { accessIn } from './places.ts';

const CHECKS_SHOWN = 5;

/** Who did what, when and why, and whether anything of it was changed since. */
export function auditRoutes(server: FastifyInstance, { db, logger, origin }: ActDependencies): void {
  const page = pagesOf(server, db);
  page('audit', '/audit', 'organization', async ({ place, roles, visitor, query, now }) => {
    const { orgId } = place;
    if (orgId === null) return null;
    const asked = auditAsked(query);
    const after = placeAfter(auditPlaces, query);
    const [events, checks] = await Promise.all([
      listAudit(db, { question: questionOf(orgId, asked), after, limit: A_PAGE }),
      listAuditChecks(db, { orgId, limit: CHECKS_SHOWN }),
    ]);
    const token = mayDo(roles, 'verify audit') ? formToken(visitor.sessionId) : null;
    return { title: 'Audit', content: [auditPage(orgId, asked, events), auditChecks({ orgId, checks, token, now })] };
  });

  server.post<{ Params: { org: string } }>('/o/:org/audit/acts/verify', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const access = await accessIn(db, visitor, request.params.org);
    const orgId = access?.place.orgId ?? null;
    if (!access || orgId === null || !mayDo(access.roles, 'verify audit')) return reply.code(404).html(notFoundPage(visitor));
    const { id } = await askAuditCheck(db, { orgId, actor: visitor.person, reason: reasonIn(request.body) });
    logger.info({ person: visitor.person, orgId, checkId: id }, 'a check of an audit chain was asked for');
    return reply.redirect(`/o/${orgId}/audit#checks`, 303);
  });
}
