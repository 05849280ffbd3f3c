import { html } from 'hono/html';
import type { ChangeRefusal } from '../../accounts/change-password.ts';
import { policies } from '../../accounts/policies.ts';
import type { Refusal } from '../../accounts/sign-in.ts';
import { CHANGE_TEXTS } from '../alpine/password-page.ts';
import type { Markup } from '../../web/document.ts';
import { page, tokenField } from './layout.ts';
import { applicationNames, type ApplicationName, wantedQuery, type WantedPage } from './sign-on.ts';

export const SITE = 'Delta Sign-In';

const SIGN_IN_TEXTS: Readonly<Record<Refusal, string>> = {
  rejected: 'The user name or password is incorrect.',
  locked: 'This account is locked. Try again in 15 minutes.',
  locked_until_support: 'This account is locked. Call support to have it unlocked.',
};

interface SignInView {
  readonly csrf: string;
  readonly wanted: WantedPage | null;
}

/** The first page asks who it is, and says nothing of whether there is such an account. */
export const namePage = ({ csrf, wanted }: SignInView): Markup =>
  page({
    site: SITE,
    title: 'Sign in',
    body: html`<form method="post" action="/sign-in/name${wantedQuery(wanted)}">
      ${tokenField(csrf)}
      <label for="username">User name</label>
      <input id="username" name="username" autocomplete="username" maxlength="200" required />
      <p><button type="submit">Next</button></p>
    </form>`,
  });

export const passwordPage = ({ csrf, wanted, username, problem }: SignInView & { readonly username: string; readonly problem: Refusal | null }): Markup =>
  page({
    site: SITE,
    title: 'Enter your password',
    body: html`${problem === null ? '' : html`<p class="error" id="sign-in-error" role="alert">${SIGN_IN_TEXTS[problem]}</p>`}
      <p id="who">${username}</p>
      <form method="post" action="/sign-in/password${wantedQuery(wanted)}">
        ${tokenField(csrf)}
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <p><button type="submit">Sign in</button></p>
      </form>`,
  });

const exitOf = (csrf: string) => ({ csrf, words: 'Sign out of Delta' });

export const accountPage = (csrf: string, username: string, addresses: Readonly<Record<ApplicationName, string>>): Markup =>
  page({
    site: SITE,
    title: 'Your account',
    exit: exitOf(csrf),
    body: html`<p id="welcome">Signed in as ${username}.</p>
      <ul>
        ${applicationNames.map((name) => html`<li><a href="${addresses[name]}/">Delta ${name}</a></li>`)}
      </ul>
      <p><a href="/password">Change password</a></p>`,
  });

interface ChangeView {
  readonly csrf: string;
  readonly problem: ChangeRefusal | null;
  /** Whether the login has led here because the password has expired. */
  readonly hasExpired: boolean;
}

export const changePage = ({ csrf, problem, hasExpired }: ChangeView): Markup =>
  page({
    site: SITE,
    title: 'Change password',
    ...(hasExpired ? {} : { exit: exitOf(csrf) }),
    body: html`${hasExpired ? html`<p class="notice" id="password-expired">Your password has expired. Choose a new one to go on.</p>` : ''}
      ${problem === null ? '' : html`<p class="error" id="change-error" role="alert">${CHANGE_TEXTS[problem]}</p>`}
      <form method="post" action="/password">
        ${tokenField(csrf)}
        <label for="current-password">Current password</label>
        <input id="current-password" name="current_password" type="password" autocomplete="current-password" required />
        <label for="new-password">New password</label>
        <input id="new-password" name="new_password" type="password" autocomplete="new-password" passwordrules="${policies.delta.rules.notation}" required />
        <label for="confirm-password">Repeat new password</label>
        <input id="confirm-password" name="confirm_password" type="password" autocomplete="new-password" required />
        <p><button type="submit">Change password</button></p>
      </form>`,
  });

export const changedPage = (csrf: string): Markup =>
  page({
    site: SITE,
    title: 'Password changed',
    exit: exitOf(csrf),
    body: html`<p class="notice" id="change-done" role="status">Your password has been changed.</p>`,
  });

export const signedOutPage = page({
  site: SITE,
  title: 'Signed out',
  body: html`<p class="notice" id="signed-out" role="status">You are signed out of Delta. Applications that are open stay open.</p>
    <p><a href="/sign-in">Sign in</a></p>`,
});
