import { html, raw } from 'hono/html';
import type { ChangeRefusal } from '../../accounts/change-password.ts';
import { policies } from '../../accounts/policies.ts';
import type { Refusal } from '../../accounts/sign-in.ts';
import type { Markup } from '../../web/document.ts';
import { page } from './layout.ts';
import { SIGN_IN_TEXTS } from './sign-in-page.ts';

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

const CHANGED_TEXT = 'Your password has been changed.';
const EXPIRED_TEXT = 'Your password has expired. Choose a new one to go on.';

interface PasswordView {
  readonly csrf: string;
  readonly problem: ChangeRefusal | null;
}

interface ChangeView extends PasswordView {
  readonly asksCurrent: boolean;
  readonly asksOpinion: boolean;
}

interface ConfirmView {
  readonly csrf: string;
  readonly problem: Refusal | null;
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

const currentField = html`<label for="current-password">Current password</label>
  <input id="current-password" name="current_password" type="password" autocomplete="current-password" required />`;

/** The current password alone, before the page that changes it. */
export const confirmPage = ({ csrf, problem }: ConfirmView): Markup =>
  page({
    title: 'Confirm that it is you',
    csrf,
    body: html`${
        problem === null
          ? ''
          : html`<p class="error" id="confirm-error" role="alert">${problem === 'rejected' ? CHANGE_TEXTS.current_wrong : SIGN_IN_TEXTS[problem]}</p>`
      }
      <form method="post" action="/password/confirm" id="confirm-form">
        <input type="hidden" name="_csrf" value="${csrf}" />
        ${currentField}
        <p><button type="submit" id="confirm-current">Continue</button></p>
      </form>`,
  });

/** Asks the server at every letter; the button waits for its word. */
const opinionScript = (csrf: string): Markup =>
  html`<p id="opinion" role="status"></p>
    <script>
      ${raw(`
const [field, button, opinion] = ['new-password', 'change-password', 'opinion'].map((id) => document.getElementById(id));
button.disabled = true;
field.addEventListener('input', async () => {
  button.disabled = true;
  opinion.textContent = 'Checking your new password…';
  const asked = field.value;
  const answer = await fetch('/password/opinion', { method: 'POST', headers: { 'content-type': 'application/json', 'x-csrf-token': ${JSON.stringify(csrf)} }, body: JSON.stringify({ password: asked }) });
  const { ok, problem } = await answer.json();
  if (field.value !== asked) return;
  opinion.textContent = ok ? 'This password may be used.' : problem;
  button.disabled = !ok;
});
`)};
    </script>`;

export const passwordPage = (view: ChangeView): Markup =>
  page({
    title: 'Change password',
    csrf: view.csrf,
    body: html`${problemLine(view.problem)}${rules}
      <form method="post" action="/password" id="change-form">
        <input type="hidden" name="_csrf" value="${view.csrf}" />
        ${view.asksCurrent ? currentField : ''} ${newPasswordFields}
        <p><button type="submit" id="change-password">Change password</button></p>
      </form>
      ${view.asksOpinion ? opinionScript(view.csrf) : ''}`,
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
