import { getCookie } from 'hono/cookie';
import { html } from 'hono/html';
import type { Hono } from 'hono';
import { changePassword } from '../../accounts/change-password.ts';
import { decidePassword } from '../../accounts/sign-in.ts';
import { stageAfterLogin } from '../../accounts/stage-after-login.ts';
import type { Portal } from '../../portal.ts';
import { habitsOf } from '../../records/habits.ts';
import { failChange } from '../../web/change-fault.ts';
import { readForm } from '../../web/forms.ts';
import { createPortalApp, forgetSession, startSession, type PortalContext, type PortalEnv } from '../../web/portal-app.ts';
import { expired, signedIn } from '../../web/visitor.ts';
import { addClaims } from './claims-routes.ts';
import { page } from './layout.ts';
import { addCarefulChange, Confirmed, mustConfirm } from './careful-change.ts';
import { changedPage, confirmPage, expiredPage, passwordPage } from './password-page.ts';
import { signInPage, type SignInView } from './sign-in-page.ts';
import { homeAddress, signInAddress, turnAway } from './visits.ts';

const COOKIE = 'alpine_session';
const TOKEN = '_csrf';
const BANNER_EVERY = 3;

/** Alpine Health: the classic portal. Forms that post, pages that answer, errors beside the form, rules on the change page. */
export function alpineApp(portal: Portal): Hono<PortalEnv> {
  const app = createPortalApp(portal, {
    cookieName: COOKIE,
    maintenance: (c) =>
      c.html(page({ title: 'Maintenance', body: html`<p id="maintenance">Alpine Health is down for scheduled maintenance. Please try again later.</p>` }), 503),
    failure: (c, status) =>
      c.html(page({ title: 'Something went wrong', body: html`<p id="failure">${failureText(status)} (error ${status})</p>` }), status as 500),
  });

  app.get('/', (c) => c.redirect('/home', 303));
  app.get('/login', (c) => {
    const elsewhere = signInAddress(portal, c);
    if (elsewhere !== null) return c.redirect(`${elsewhere}/login`, 303);
    return c.html(signInPage(signInView(portal, c, { username: '', problem: c.req.query('ended') === undefined ? null : 'ended' })));
  });
  app.post('/login', async (c) => {
    const field = await readForm(c, TOKEN);
    const username = field('username');
    const decision = await decidePassword(portal, { username, password: field('password') });
    if (decision !== 'accepted' && decision !== 'code_needed') return c.html(signInPage(signInView(portal, c, { username, problem: decision })));
    const { stage } = startSession(portal, COOKIE, c, stageAfterLogin(portal, portal.policy.keptUsername(username)));
    return c.redirect(homeAddress(portal, stage === 'expired' ? '/password/expired' : '/home'), 303);
  });

  app.get('/home', (c) => {
    const { csrf } = c.get('session');
    const username = signedIn(c);
    if (username === null) return turnAway(portal, c);
    return c.html(
      page({
        title: 'Home',
        csrf,
        body: html`<p id="welcome">Welcome, ${username}.</p>
          <p>Use the menu to look up claims or to change your password.</p>`,
      }),
    );
  });
  addClaims(app, portal);

  const confirmed = new Confirmed();
  addCarefulChange(app, portal, confirmed);
  const asks = () => ({ asksCurrent: !habitsOf(portal.records, 'alpine').confirmsFirst, asksOpinion: habitsOf(portal.records, 'alpine').asksOpinion });
  app.get('/password', (c) => {
    if (signedIn(c) === null) return turnAway(portal, c);
    const view = { csrf: c.get('session').csrf, problem: null };
    return c.html(mustConfirm(portal, c, confirmed) ? confirmPage(view) : passwordPage({ ...view, ...asks() }));
  });
  app.post('/password', async (c) => {
    const username = signedIn(c);
    if (username === null) return turnAway(portal, c);
    const field = await readForm(c, TOKEN);
    const { id, csrf } = c.get('session');
    const { asksCurrent } = asks();
    if (mustConfirm(portal, c, confirmed)) return c.redirect('/password', 303);
    const decision = await changePassword(portal, { username, sessionId: id, current: asksCurrent ? field('current_password') : null, ...newPassword(field) });
    if (decision.kind === 'fault') return failChange(c, decision.fault);
    if (decision.kind === 'refused') return c.html(passwordPage({ csrf, problem: decision.why, ...asks() }));
    confirmed.take(id);
    return c.redirect('/password/changed', 303);
  });
  app.get('/password/changed', (c) => (signedIn(c) === null ? turnAway(portal, c) : c.html(changedPage(c.get('session').csrf))));

  app.get('/password/expired', (c) => (expired(c) === null ? turnAway(portal, c) : c.html(expiredPage({ csrf: c.get('session').csrf, problem: null }))));
  app.post('/password/expired', async (c) => {
    const username = expired(c);
    if (username === null) return turnAway(portal, c);
    const field = await readForm(c, TOKEN);
    const { id, csrf } = c.get('session');
    const decision = await changePassword(portal, { username, sessionId: id, current: null, ...newPassword(field) });
    if (decision.kind === 'fault') return failChange(c, decision.fault);
    if (decision.kind === 'refused') return c.html(expiredPage({ csrf, problem: decision.why }));
    startSession(portal, COOKIE, c, { stage: 'signed_in', username });
    return c.redirect('/password/changed', 303);
  });

  app.post('/logout', async (c) => {
    if (signedIn(c) === null) return turnAway(portal, c);
    await readForm(c, TOKEN);
    forgetSession(portal, COOKIE, c);
    return c.redirect('/login', 303);
  });
  return app;
}

const newPassword = (field: (name: string) => string) => ({ next: field('new_password'), repeated: field('confirm_password') });

const signInView = (portal: Portal, c: PortalContext, view: Pick<SignInView, 'username' | 'problem'>): SignInView => ({
  ...view,
  csrf: c.get('session').csrf,
  cookieBanner: getCookie(c, 'alpine_cookie_choice') === undefined && showsBanner(portal, c.get('session').number),
});

/** Sometimes means: for every third visitor, so that a run of any length meets it and a test can count on it. */
function showsBanner(portal: Portal, visitor: number): boolean {
  const { cookieBanner } = habitsOf(portal.records, 'alpine');
  return cookieBanner === 'always' || (cookieBanner === 'sometimes' && visitor % BANNER_EVERY === 0);
}

const failureText = (status: number): string =>
  ({ 403: 'This page has expired. Please load it again.', 404: 'There is no such page.', 413: 'That was too much data.' })[status] ??
  'Something went wrong on our side. Please try again.';
