import type { Database } from '@rcm/db';
import { endSession, endSessionsOf, loseRoles, openSession } from '@rcm/db/acts';
import { type Logger, RcmError } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { type GroupRole, rolesOf } from '../access/groups.ts';
import { signInPage } from '../pages/sign-in.ts';
import { dropLeaving, dropSession, leavingIn, sessionIdIn, setLeaving, setSession } from '../web/cookies.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { ownPath } from '../web/own-path.ts';
import type { Arrival, Issuer } from './issuer.ts';
import { agentOf } from './visitor.ts';

export interface SignInDependencies {
  readonly db: Database;
  readonly logger: Logger;
  readonly issuer: Issuer;
  readonly groups: readonly GroupRole[];
  readonly groupsClaim: string;
  readonly sessionMs: number;
  /** Where people's browsers reach the console. */
  readonly origin: string;
}

export const SIGN_IN = '/sign-in';
const LONGEST_NAME = 100;

/** To the issuer and back, and out again. */
export function signInRoutes(server: FastifyInstance, dependencies: SignInDependencies): void {
  const { db, issuer, origin, logger } = dependencies;
  server.get<{ Querystring: { to?: unknown } }>(SIGN_IN, async (request, reply) => reply.html(signInPage({ to: ownPath(request.query.to) })));

  server.get<{ Querystring: { to?: unknown } }>('/sign-in/begin', async (request, reply) => {
    const { url, ...departure } = await issuer.depart();
    return setLeaving(reply, { ...departure, to: ownPath(request.query.to) }).redirect(url, 303);
  });

  server.get('/signed-in', async (request, reply) => {
    const leaving = leavingIn(request);
    dropLeaving(reply);
    if (leaving === null) throw new RcmError('token_invalid', 'This browser has not begun a sign-in, or too long ago. Nobody is signed in.');
    const person = personOf(await issuer.arrive(new URL(request.url, origin), leaving), dependencies);
    if (Object.keys(person.roles).length === 0) {
      // What they have open elsewhere was opened when they had one.
      await loseRoles(db, person.person);
      throw new RcmError('scope_missing', 'You have signed in, but none of your groups has a role here. Ask whoever looks after the console.');
    }
    // A new session under a new id, whatever the browser came with; that one ends (session fixation).
    const before = sessionIdIn(request);
    if (before !== null) await endSession(db, before);
    const id = await openSession(db, { ...person, agent: agentOf(request), lifeMs: dependencies.sessionMs });
    logger.info({ person: person.person }, 'signed in');
    return setSession(reply, id).redirect(ownPath(leaving.to), 303);
  });

  server.post<{ Body: Record<string, unknown> }>('/sign-out', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    if (request.body.everywhere === 'yes') await endSessionsOf(db, visitor.person);
    else await endSession(db, visitor.sessionId);
    logger.info({ person: visitor.person }, 'signed out');
    return dropSession(reply).redirect(SIGN_IN, 303);
  });
}

/** Fails with `token_invalid` for a subject that names nobody. */
function personOf({ claims, subject }: Arrival, { groups, groupsClaim }: SignInDependencies) {
  if (subject === null) throw new RcmError('token_invalid', 'The issuer’s token names nobody, or too long a name. Nobody is signed in.');
  const called = typeof claims.name === 'string' ? claims.name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '').trim() : '';
  return { person: `person:oidc:${subject}`, name: (called || claims.sub).slice(0, LONGEST_NAME), roles: rolesOf(claims[groupsClaim], groups) };
}
