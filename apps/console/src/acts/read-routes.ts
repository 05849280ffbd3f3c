import { type Logger, RcmError } from '@rcm/telemetry';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { mayDo } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { layout } from '../pages/layout.ts';
import { shownPage } from '../pages/shown.ts';
import { READING_MS, READING_SPARE_MS } from '../web/keep-alive.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { accessIn } from '../web/places.ts';
import type { ActDependencies } from './routes.ts';
import { waitForReading } from './wait-for-reading.ts';
import { shown } from './shown-once.ts';

/** How passwords are shown. */
export interface ShownOnce {
  /** For a rotator's answer. */
  readonly waitMs: number;
  /** Until the page leaves the screen by itself: long enough to type a long password, short enough for a desk that was left. */
  readonly leavesMs: number;
}
export const SHOWN_ONCE: ShownOnce = { waitMs: READING_MS, leavesMs: 120_000 };

interface ReadDependencies extends ActDependencies {
  readonly passwords: ShownOnce;
  readonly stopping: AbortSignal;
}

/**
 * The one answer of the console that has a password in it: to a form, so that no address leads to it, and as what no browser keeps. It leaves the screen by itself.
 */
export function readRoutes(server: FastifyInstance, { db, logger, origin, passwords, stopping }: ReadDependencies): void {
  const { waitMs, leavesMs } = passwords;
  server.post<{ Params: { org: string; id: string } }>('/o/:org/requests/:id/acts/read', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { org, id } = request.params;
    const access = await accessIn(db, visitor, org);
    const mayRead = access !== null && mayDo(access.roles, 'read') && z.uuid().safeParse(id).success;
    // Else the server would take the connection for one that nobody uses.
    request.raw.setTimeout(waitMs + READING_SPARE_MS);
    const sealed = mayRead ? await waitForReading(db, { id, orgId: org, actor: visitor.person }, { waitMs, stopping }) : null;
    if (!access || !sealed) return reply.code(404).html(notFoundPage(visitor));
    const content = sealed.map((text) => shown.parse(JSON.parse(text))).reveal();
    if (!/^[a-z0-9-]+$/.test(content.login)) throw new RcmError('input_invalid', 'What came is of no login. Nothing was shown.');
    const path = `/o/${org}/logins/${content.login}`;
    const page = layout({ title: 'Shown once', visitor, page: 'login', ...access }, shownPage(content, { path, leavesMs }));
    noteWhetherItWasSent(reply, logger, { person: visitor.person, orgId: org, requestId: id });
    return reply
      .header('refresh', `${leavesMs / 1000}; url=${path}`)
      .header('clear-site-data', '"cache"')
      .html(page);
  });
}

/** Whoever asked may have left while a rotator read; that it came to them nobody here can know. `about`: without what was read. */
function noteWhetherItWasSent({ raw }: FastifyReply, logger: Logger, about: Readonly<Record<string, string>>): void {
  const lost = (): void =>
    logger.warn(about, 'a page with a password that a second person had approved was not sent whole: whoever asked may not have seen it');
  if (raw.closed) return void lost();
  raw.once('close', lost);
  raw.once('finish', () => {
    raw.off('close', lost);
    logger.info(about, 'a page with a password that a second person had approved was sent');
  });
}
