import { Readable } from 'node:stream';
import type { Database } from '@rcm/db';
import { type AuditQuestion, listAudit } from '@rcm/db/fleet';
import { csv } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { maySee } from '../access/roles.ts';
import { auditAsked, questionOf } from '../pages/audit.ts';
import { notFoundPage } from '../pages/failure.ts';
import { accessIn } from './places.ts';

/** Events of one file; all of them, with their details and the chain, are `rcm audit export`'s. */
const MOST_EXPORTED = 50_000;
const READ_AT_ONCE = 1_000;
const HEAD = ['number', 'time', 'who', 'what', 'on', 'why'];

type OfOne = { readonly Params: { readonly org: string } };

/** What the page Audit shows, taken along as a file: the newest first, page after page while it is sent, so that none of it lies about. */
export function auditFile(server: FastifyInstance, db: Database): void {
  server.get<OfOne>('/o/:org/audit.csv', async (request, reply) => {
    const { visitor, params, query } = request;
    if (!visitor) throw new Error('whoever is not signed in does not come here');
    const access = await accessIn(db, visitor, params.org);
    if (!access || !maySee(access.roles, 'audit')) return reply.code(404).html(notFoundPage(visitor));
    const question = questionOf(params.org, auditAsked(query as Readonly<Record<string, unknown>>));
    // Asked for before anything is sent: what cannot be answered at all is answered as every page is.
    const first = await listAudit(db, { question, limit: READ_AT_ONCE });
    return reply
      .header('content-disposition', `attachment; filename="audit-${params.org}.csv"`)
      .type('text/csv; charset=utf-8')
      .send(Readable.from(lines(db, question, first)));
  });
}

async function* lines(db: Database, question: AuditQuestion, first: Awaited<ReturnType<typeof listAudit>>): AsyncGenerator<string> {
  yield csv([HEAD]);
  let page = first;
  for (let sent = 0; ;) {
    yield csv(page.events.map(({ seq, at, actor, action, subject, reason }) => [String(seq), at.toISOString(), actor, action, subject, reason]));
    sent += page.events.length;
    if (page.next === null || sent >= MOST_EXPORTED) return;
    page = await listAudit(db, { question, after: page.next, limit: READ_AT_ONCE });
  }
}
