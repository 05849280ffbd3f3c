import { html, raw } from 'hono/html';
import type { Markup } from '../../web/document.ts';
import { page } from './layout.ts';

export const SIGN_IN_TEXTS = {
  rejected: 'The user name or password is incorrect.',
  locked: 'Your account is locked because of too many failed sign-in attempts. Try again in 15 minutes.',
  locked_until_support: 'Your account is locked because of too many failed sign-in attempts. Call provider support to have it unlocked.',
  ended: 'Your session has ended. Please sign in again.',
} as const;

export interface SignInView {
  readonly csrf: string;
  readonly username: string;
  readonly problem: keyof typeof SIGN_IN_TEXTS | null;
  readonly cookieBanner: boolean;
}

export const signInPage = (view: SignInView): Markup =>
  page({
    title: 'Sign in',
    body: html` ${view.problem === null ? '' : html`<p class="error" id="sign-in-error" role="alert">${SIGN_IN_TEXTS[view.problem]}</p>`}
      <form method="post" action="/login" id="sign-in-form">
        <input type="hidden" name="_csrf" value="${view.csrf}" />
        <label for="username">User name</label>
        <input id="username" name="username" autocomplete="username" maxlength="200" required value="${view.username}" />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <p><button type="submit" id="sign-in">Sign in</button></p>
      </form>
      ${view.cookieBanner ? banner : ''}`,
  });

/** Lies over the whole page until it is answered, as such banners do. */
const banner = html` <div class="overlay" id="cookie-banner" role="dialog" aria-label="Cookies">
    <div>
      <p>We use cookies to keep you signed in and to improve this site.</p>
      <button type="button" id="cookie-accept">Accept cookies</button> <button type="button" id="cookie-decline">Only necessary</button>
    </div>
  </div>
  <script>
    ${raw(`
for (const id of ['cookie-accept', 'cookie-decline']) document.getElementById(id).addEventListener('click', () => {
  document.cookie = 'alpine_cookie_choice=' + id + '; path=/; samesite=lax';
  document.getElementById('cookie-banner').remove();
});
`)};
  </script>`;
