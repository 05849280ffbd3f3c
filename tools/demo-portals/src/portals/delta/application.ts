import type { Hono } from 'hono';
import { searchClaims } from '../../claims/claims.ts';
import { nowMs, type Portal } from '../../portal.ts';
import { habitsOf } from '../../records/habits.ts';
import { readForm } from '../../web/forms.ts';
import { createPortalApp, forgetSession, startSession, type PortalContext, type PortalEnv } from '../../web/portal-app.ts';
import { signedIn } from '../../web/visitor.ts';
import { applications } from './application-pages.ts';
import { failurePage, maintenancePage, TOKEN } from './layout.ts';
import { type ApplicationName, isPath, type SignOn, wantedQuery } from './sign-on.ts';

/** An application behind Delta Sign-In. It has a session of its own and never sees a password: whoever has no session is led to the provider and back. */
export function deltaApplication(portal: Portal, signOn: SignOn, application: ApplicationName): Hono<PortalEnv> {
  const { site, claimsPage, leftPage } = applications[application];
  const cookieName = `delta_${application}`;
  const app = createPortalApp(portal, {
    cookieName,
    maintenance: (c) => c.html(maintenancePage(site), 503),
    failure: (c, status) => c.html(failurePage(site, status), status as 500),
  });
  const toProvider = async (c: PortalContext): Promise<Response> => {
    const { pathname: path, search } = new URL(c.req.url);
    const provider = habitsOf(portal.records, 'delta').movedTo ?? (await signOn.addressOf('delta'));
    return c.redirect(`${provider}/sign-in${wantedQuery({ application, to: path + search })}`, 303);
  };

  app.get('/', (c) => c.redirect('/claims', 303));
  app.get('/signed-in', (c) => {
    const username = signOn.take(application, c.req.query('ticket') ?? '', nowMs(portal));
    const to = c.req.query('to') ?? '/';
    if (username === null) return c.redirect('/', 303);
    startSession(portal, cookieName, c, { stage: 'signed_in', username });
    return c.redirect(isPath(to) ? to : '/', 303);
  });
  app.get('/claims', (c) => {
    const username = signedIn(c);
    if (username === null) return toProvider(c);
    const typed = c.req.query('number');
    const found = typed === undefined ? null : searchClaims({ portal: 'delta', username }, typed);
    return c.html(claimsPage({ csrf: c.get('session').csrf, username, typed: typed ?? '', found }));
  });
  app.post('/sign-out', async (c) => {
    await readForm(c, TOKEN);
    forgetSession(portal, cookieName, c);
    return c.redirect('/left', 303);
  });
  app.get('/left', (c) => c.html(leftPage));
  return app;
}
