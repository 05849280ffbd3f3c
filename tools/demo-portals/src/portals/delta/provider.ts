import type { Hono } from 'hono';
import { changePassword } from '../../accounts/change-password.ts';
import { decidePassword } from '../../accounts/sign-in.ts';
import { stageAfterLogin } from '../../accounts/stage-after-login.ts';
import { nowMs, type Portal } from '../../portal.ts';
import { failChange } from '../../web/change-fault.ts';
import { readForm } from '../../web/forms.ts';
import { createPortalApp, forgetSession, startSession, type PortalContext, type PortalEnv } from '../../web/portal-app.ts';
import { nameAt, signedIn } from '../../web/visitor.ts';
import { failurePage, maintenancePage, TOKEN } from './layout.ts';
import { accountPage, changedPage, changePage, namePage, passwordPage, signedOutPage, SITE } from './provider-pages.ts';
import { readWanted, type SignOn, wantedQuery, type WantedPage } from './sign-on.ts';

const COOKIE = 'delta_sso';

/**
 * Delta Sign-In: one account for several applications, at a host of its own. Who is not signed in is asked for the user name, then for the password; who is
 * signed in is led on to the application without a question. The password is typed and changed here and nowhere else.
 */
export function deltaProvider(portal: Portal, signOn: SignOn): Hono<PortalEnv> {
  const app = createPortalApp(portal, {
    cookieName: COOKIE,
    maintenance: (c) => c.html(maintenancePage(SITE), 503),
    failure: (c, status) => c.html(failurePage(SITE, status), status as 500),
  });
  const leadOn = async (c: PortalContext, username: string): Promise<Response> => {
    const wanted = wantedOf(c);
    return c.redirect(wanted === null ? '/' : await signOn.wayBack(wanted, username, nowMs(portal)), 303);
  };

  app.get('/sign-in', (c) => {
    const username = signedIn(c);
    if (username !== null) return leadOn(c, username);
    return hasExpired(c) ? c.redirect('/password', 303) : c.html(namePage({ csrf: c.get('session').csrf, wanted: wantedOf(c) }));
  });
  app.post('/sign-in/name', async (c) => {
    const username = portal.policy.keptUsername((await readForm(c, TOKEN))('username'));
    startSession(portal, COOKIE, c, { stage: 'identified', username });
    return c.redirect(`/sign-in/password${wantedQuery(wantedOf(c))}`, 303);
  });
  app.get('/sign-in/password', (c) => {
    const username = nameAt(c, 'identified');
    if (username === null) return signIn(c);
    return c.html(passwordPage({ csrf: c.get('session').csrf, username, wanted: wantedOf(c), problem: null }));
  });
  app.post('/sign-in/password', async (c) => {
    const username = nameAt(c, 'identified');
    if (username === null) return signIn(c);
    const { csrf } = c.get('session');
    const decision = await decidePassword(portal, { username, password: (await readForm(c, TOKEN))('password') });
    if (decision !== 'accepted' && decision !== 'code_needed') return c.html(passwordPage({ csrf, username, wanted: wantedOf(c), problem: decision }));
    const session = startSession(portal, COOKIE, c, stageAfterLogin(portal, username));
    return session.stage === 'expired' ? c.redirect('/password', 303) : leadOn(c, username);
  });

  app.get('/', async (c) => {
    const username = signedIn(c);
    if (username === null) return signIn(c);
    const addresses = { claims: await signOn.addressOf('delta-claims'), inquiry: await signOn.addressOf('delta-inquiry') };
    return c.html(accountPage(c.get('session').csrf, username, addresses));
  });
  app.get('/password', (c) => (proved(c) === null ? signIn(c) : c.html(changePage({ csrf: c.get('session').csrf, problem: null, hasExpired: hasExpired(c) }))));
  app.post('/password', async (c) => {
    const username = proved(c);
    if (username === null) return signIn(c);
    const field = await readForm(c, TOKEN);
    const { id, csrf } = c.get('session');
    const typed = { current: field('current_password'), next: field('new_password'), repeated: field('confirm_password') };
    const decision = await changePassword(portal, { username, sessionId: id, ...typed });
    if (decision.kind === 'fault') return failChange(c, decision.fault);
    if (decision.kind === 'refused') return c.html(changePage({ csrf, problem: decision.why, hasExpired: hasExpired(c) }));
    startSession(portal, COOKIE, c, { stage: 'signed_in', username });
    return c.redirect('/password/changed', 303);
  });
  app.get('/password/changed', (c) => (signedIn(c) === null ? signIn(c) : c.html(changedPage(c.get('session').csrf))));

  app.post('/sign-out', async (c) => {
    await readForm(c, TOKEN);
    forgetSession(portal, COOKIE, c);
    return c.redirect('/signed-out', 303);
  });
  app.get('/signed-out', (c) => c.html(signedOutPage));
  return app;
}

const wantedOf = (c: PortalContext): WantedPage | null => readWanted((name) => c.req.query(name));

const signIn = (c: PortalContext): Response => c.redirect(`/sign-in${wantedQuery(wantedOf(c))}`, 303);

const hasExpired = (c: PortalContext): boolean => c.get('session').stage === 'expired';

/** The user name, where the password was proved, expired or not; else null. */
const proved = (c: PortalContext): string | null => nameAt(c, 'signed_in', 'expired');
