import { html } from 'hono/html';
import type { ChangeRefusal } from '../../accounts/change-password.ts';
import { policies } from '../../accounts/policies.ts';
import { page, type Markup } from './layout.ts';

export const CHANGE_TEXTS: Readonly<Record<ChangeRefusal, string>> = {
  current_wrong: 'Your current password is not correct.',
  not_repeated: 'The two new passwords are not the same.',
  used_before: 'Your new password must differ from your current password.',
  too_short: 'Your new password is too short.',
  too_long: 'Your new password is too long.',
  class_missing: 'Your new password must contain an upper-case letter, a lower-case letter and a digit.',
  character_not_allowed: 'Your new password contains a character that is not allowed.',
  repeated_characters: 'Your new password repeats a character too often.',
};

export const CHANGED_TEXT = 'Your password has been changed.';
export const EXPIRED_TEXT = 'Your password has expired. Choose a new one to go on.';

interface PasswordView {
  readonly csrf: string;
  readonly problem: ChangeRefusal | null;
}

const problemLine = (problem: ChangeRefusal | null): Markup | string =>
  problem === null ? '' : html`<p class="error" id="change-error" role="alert">${CHANGE_TEXTS[problem]}</p>`;

const rules = html` <ul id="password-rules">
  <li>10 to 64 characters</li>
  <li>at least one upper-case letter, one lower-case letter and one digit</li>
  <li>not your current password</li>
</ul>`;

const newPasswordFields = html` <label for="new-password">New password</label>
  <input id="new-password" name="new_password" type="password" autocomplete="new-password" passwordrules="${policies.alpine.rules.notation}" required />
  <label for="confirm-password">Repeat new password</label>
  <input id="confirm-password" name="confirm_password" type="password" autocomplete="new-password" required />`;

export const passwordPage = (view: PasswordView): Markup =>
  page({
    title: 'Change password',
    csrf: view.csrf,
    body: html`${problemLine(view.problem)}${rules}
      <form method="post" action="/password" id="change-form">
        <input type="hidden" name="_csrf" value="${view.csrf}" />
        <label for="current-password">Current password</label>
        <input id="current-password" name="current_password" type="password" autocomplete="current-password" required />
        ${newPasswordFields}
        <p><button type="submit" id="change-password">Change password</button></p>
      </form>`,
  });

/** Where a login with an expired password leads: no menu, and no current password, which the login has just proved. */
export const expiredPage = (view: PasswordView): Markup =>
  page({
    title: 'Choose a new password',
    body: html`<p class="notice" id="password-expired">${EXPIRED_TEXT}</p>
      ${problemLine(view.problem)}${rules}
      <form method="post" action="/password/expired" id="expired-form">
        <input type="hidden" name="_csrf" value="${view.csrf}" />
        ${newPasswordFields}
        <p><button type="submit" id="save-password">Save and go on</button></p>
      </form>`,
  });

export const changedPage = (csrf: string): Markup =>
  page({
    title: 'Password changed',
    csrf,
    body: html`<p class="notice" id="change-done" role="status">${CHANGED_TEXT}</p>
      <p><a href="/home">Back to the home page</a></p>`,
  });
