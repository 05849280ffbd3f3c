import type { Hono } from 'hono';
import { changePassword } from '../../accounts/change-password.ts';
import { decidePassword } from '../../accounts/sign-in.ts';
import { searchClaims } from '../../claims/claims.ts';
import type { Portal } from '../../portal.ts';
import { habitsOf } from '../../records/habits.ts';
import { endSessionsOf } from '../../records/sessions.ts';
import { failChange } from '../../web/change-fault.ts';
import { readForm } from '../../web/forms.ts';
import { createPortalApp, startSession, type PortalContext, type PortalEnv } from '../../web/portal-app.ts';
import { frameset, headFrame, navFrame } from './layout.ts';
import { CHANGE_TEXTS, changedPage, claimsPage, mainPage, messagePage, passwordPage, signOnPage, TEXTS } from './pages.ts';

const COOKIE = 'CASCADESESS';
const TOKEN = 'TOKEN';

/** Cascade Mutual: the old portal. Frames, tables, upper case, one message for every way a sign-on can fail. */
export function cascadeApp(portal: Portal): Hono<PortalEnv> {
  const app = createPortalApp(portal, {
    cookieName: COOKIE,
    maintenance: (c) => c.html(messagePage(TEXTS.maintenance), 503),
    failure: (c, status) => (status === 403 ? signOn(c, TEXTS.ended) : c.html(messagePage(TEXTS.failure), status as 500)),
  });

  app.get('/', (c) => c.html(frameset));
  app.get('/head', (c) => c.html(headFrame));
  app.get('/nav', (c) => c.html(navFrame));
  app.get('/main', (c) => {
    const { username } = c.get('session');
    return username === null ? signOn(c, null) : c.html(mainPage(username));
  });
  app.post('/signon', async (c) => {
    const field = await readForm(c, TOKEN);
    const username = portal.policy.keptUsername(field('USRID'));
    const decision = await decidePassword(portal, { username, password: field('PWD') });
    if (decision !== 'accepted') return signOn(c, TEXTS.notSignedOn);
    if (habitsOf(portal.records, 'cascade').oneSessionPerAccount) endSessionsOf(portal.records, { portal: portal.code, username }, null);
    startSession(portal, COOKIE, c, { stage: 'signed_in', username });
    return c.redirect('/main', 303);
  });

  app.get('/claims', (c) => {
    const { username } = c.get('session');
    if (username === null) return signOn(c, TEXTS.ended);
    const typed = c.req.query('CLMNO');
    return c.html(claimsPage(typed ?? '', typed === undefined ? null : searchClaims({ portal: portal.code, username }, typed)));
  });

  app.get('/password', (c) => {
    const { username, csrf } = c.get('session');
    return username === null ? signOn(c, TEXTS.ended) : c.html(passwordPage({ csrf, text: null }));
  });
  app.post('/password', async (c) => {
    const { id, username, csrf } = c.get('session');
    if (username === null) return signOn(c, TEXTS.ended);
    const field = await readForm(c, TOKEN);
    const decision = await changePassword(portal, { username, sessionId: id, current: field('OLDPWD'), next: field('NEWPWD'), repeated: field('NEWPWD2') });
    if (decision.kind === 'fault') return failChange(c, decision.fault);
    return decision.kind === 'refused' ? c.html(passwordPage({ csrf, text: CHANGE_TEXTS[decision.why] })) : c.html(changedPage);
  });

  app.get('/signoff', (c) => {
    startSession(portal, COOKIE, c, { stage: 'anonymous', username: null });
    return signOn(c, TEXTS.signedOff);
  });
  return app;
}

/** The sign-on page in the work frame, with a message where there is one. */
const signOn = (c: PortalContext, text: string | null): Response | Promise<Response> => c.html(signOnPage({ csrf: c.get('session').csrf, text }));
