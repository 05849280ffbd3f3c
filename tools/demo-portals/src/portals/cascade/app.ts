import type { Hono } from 'hono';
import { changePassword, type TypedChange } from '../../accounts/change-password.ts';
import { decidePassword } from '../../accounts/sign-in.ts';
import { stageAfterLogin } from '../../accounts/stage-after-login.ts';
import { searchClaims } from '../../claims/claims.ts';
import type { Portal } from '../../portal.ts';
import { habitsOf } from '../../records/habits.ts';
import { endSessionsOf } from '../../records/sessions.ts';
import { failChange } from '../../web/change-fault.ts';
import { readForm } from '../../web/forms.ts';
import { createPortalApp, startSession, type PortalContext, type PortalEnv } from '../../web/portal-app.ts';
import { expired, signedIn } from '../../web/visitor.ts';
import { frameset, headFrame, navFrame } from './layout.ts';
import { CHANGE_TEXTS, changedPage, claimsPage, expiredPage, mainPage, messagePage, passwordPage, signOnPage, TEXTS } from './pages.ts';

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
    const username = signedIn(c);
    return username === null ? turnAway(c, null) : c.html(mainPage(username));
  });
  app.post('/signon', async (c) => {
    const field = await readForm(c, TOKEN);
    const username = portal.policy.keptUsername(field('USRID'));
    const decision = await decidePassword(portal, { username, password: field('PWD') });
    if (decision !== 'accepted') return signOn(c, TEXTS.notSignedOn);
    if (habitsOf(portal.records, 'cascade').oneSessionPerAccount) endSessionsOf(portal.records, { portal: portal.code, username }, null);
    const { stage } = startSession(portal, COOKIE, c, stageAfterLogin(portal, username));
    return c.redirect(stage === 'expired' ? '/expired' : '/main', 303);
  });

  app.get('/claims', (c) => {
    const username = signedIn(c);
    if (username === null) return turnAway(c, TEXTS.ended);
    const typed = c.req.query('CLMNO');
    return c.html(claimsPage(typed ?? '', typed === undefined ? null : searchClaims({ portal: portal.code, username }, typed)));
  });

  app.get('/password', (c) => (signedIn(c) === null ? turnAway(c, TEXTS.ended) : c.html(passwordPage({ csrf: c.get('session').csrf, text: null }))));
  app.post('/password', async (c) => {
    const username = signedIn(c);
    if (username === null) return turnAway(c, TEXTS.ended);
    const decision = await changePassword(portal, await typedChange(c, username));
    if (decision.kind === 'fault') return failChange(c, decision.fault);
    return decision.kind === 'refused' ? c.html(passwordPage({ csrf: c.get('session').csrf, text: CHANGE_TEXTS[decision.why] })) : c.html(changedPage);
  });

  app.get('/expired', (c) => turnAway(c, TEXTS.ended));
  app.post('/expired', async (c) => {
    const username = expired(c);
    if (username === null) return turnAway(c, TEXTS.ended);
    const decision = await changePassword(portal, await typedChange(c, username));
    if (decision.kind === 'fault') return failChange(c, decision.fault);
    if (decision.kind === 'refused') return c.html(expiredPage({ csrf: c.get('session').csrf, text: CHANGE_TEXTS[decision.why] }));
    startSession(portal, COOKIE, c, { stage: 'anonymous', username: null });
    return signOn(c, TEXTS.changedSignOn);
  });

  app.get('/signoff', (c) => {
    startSession(portal, COOKIE, c, { stage: 'anonymous', username: null });
    return signOn(c, TEXTS.signedOff);
  });
  return app;
}

/** What the work frame shows to who may not go on: the one thing there is to do first. */
const turnAway = (c: PortalContext, text: string | null): Response | Promise<Response> =>
  c.get('session').stage === 'expired' ? c.html(expiredPage({ csrf: c.get('session').csrf, text: null })) : signOn(c, text);

async function typedChange(c: PortalContext, username: string): Promise<TypedChange> {
  const field = await readForm(c, TOKEN);
  return { username, sessionId: c.get('session').id, current: field('OLDPWD'), next: field('NEWPWD'), repeated: field('NEWPWD2') };
}

/** The sign-on page in the work frame, with a message where there is one. */
const signOn = (c: PortalContext, text: string | null): Response | Promise<Response> => c.html(signOnPage({ csrf: c.get('session').csrf, text }));
