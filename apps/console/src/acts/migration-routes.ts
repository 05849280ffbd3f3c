import { askRunToStop, dealWithStorageOutside, findRun, OUTSIDE_KINDS } from '@rcm/db/migration';
import { RcmError } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { mayDo } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { accessIn } from '../web/places.ts';
import { reasonIn } from './reason.ts';
import type { ActDependencies } from './routes.ts';

/** What an operator of every organization does to the migration: the operations of the commands of these names, which need no plaintext and no store. */
export function migrationRoutes(server: FastifyInstance, { db, logger, origin }: ActDependencies): void {
  server.post<{ Params: { id: string } }>('/all/migration/runs/:id/acts/stop', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const access = await accessIn(db, visitor, null);
    const id = /^[1-9]\d{0,8}$/.test(request.params.id) ? Number(request.params.id) : null;
    const mayStop = access !== null && mayDo(access.roles, 'stop migration') && id !== null;
    if (!mayStop || !(await findRun(db, { id }))) return reply.code(404).html(notFoundPage(visitor));
    await askRunToStop(db, { id, actor: visitor.person, reason: reasonIn(request.body) });
    logger.info({ person: visitor.person, run: id }, 'a run of the migrator was asked to stop');
    return reply.redirect('/all/migration#runs', 303);
  });

  server.post<{ Params: { kind: string } }>('/all/migration/outside/:kind/acts/dealt-with', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const access = await accessIn(db, visitor, null);
    const kind = OUTSIDE_KINDS.find((each) => each === request.params.kind);
    if (!access || !mayDo(access.roles, 'dealt-with migration') || !kind) return reply.code(404).html(notFoundPage(visitor));
    const answer = await dealWithStorageOutside(db, { kind, actor: visitor.person, reason: reasonIn(request.body) });
    if (answer === 'nothing') throw new RcmError('state_conflict', 'Nothing of that kind is open. Nothing was done.');
    logger.info({ person: visitor.person, kind }, 'a person has said that copies outside the database are dealt with');
    return reply.redirect('/all/migration#outside', 303);
  });
}
