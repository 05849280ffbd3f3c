import { html } from 'hono/html';
import { formatAmount, formatUsDate, type Claim } from '../../claims/claims.ts';
import type { ChangeRefusal } from '../../accounts/change-password.ts';
import type { Markup } from '../../web/document.ts';
import { frame, message, row } from './layout.ts';

export const TEXTS = {
  /** One text for a wrong password, an unknown user and a locked account. */
  notSignedOn: 'INVALID USER ID OR PASSWORD, OR ACCESS SUSPENDED. (ERR-017)',
  ended: 'SESSION EXPIRED. SIGN ON AGAIN. (INF-009)',
  signedOff: 'YOU HAVE SIGNED OFF. (INF-002)',
  changed: 'PASSWORD HAS BEEN CHANGED. (INF-003)',
  changedSignOn: 'PASSWORD HAS BEEN CHANGED. SIGN ON AGAIN. (INF-004)',
  expired: 'PASSWORD HAS EXPIRED. ENTER A NEW PASSWORD. (INF-005)',
  noClaims: 'NO CLAIMS FOUND. (INF-011)',
  maintenance: 'SYSTEM UNAVAILABLE - MAINTENANCE WINDOW. (SYS-001)',
  failure: 'INTERNAL ERROR. CONTACT HELP DESK. (SYS-500)',
} as const;

const RULES_NOT_MET = 'PASSWORD DOES NOT MEET REQUIREMENTS. (ERR-021)';

export const CHANGE_TEXTS: Readonly<Record<ChangeRefusal, string>> = {
  current_wrong: 'OLD PASSWORD INVALID. (ERR-020)',
  not_repeated: 'NEW PASSWORDS DO NOT MATCH. (ERR-023)',
  used_before: 'PASSWORD WAS USED BEFORE. (ERR-022)',
  too_short: RULES_NOT_MET,
  too_long: RULES_NOT_MET,
  class_missing: RULES_NOT_MET,
  character_not_allowed: RULES_NOT_MET,
  repeated_characters: RULES_NOT_MET,
};

const messageOf = (text: string | null): Markup | string => (text === null ? '' : message(text));

export const signOnPage = ({ csrf, text }: { readonly csrf: string; readonly text: string | null }): Markup =>
  frame(
    'SIGN ON',
    html`${messageOf(text)}
      <form method="post" action="/signon" name="SIGNON" onsubmit="USRID.value = USRID.value.toUpperCase()">
        <input type="hidden" name="TOKEN" value="${csrf}" />
        <table>
          <tr class="head">
            <td colspan="2">SIGN ON</td>
          </tr>
          ${row('USER ID', html`<input name="USRID" size="20" maxlength="200" onchange="value = value.toUpperCase()" />`)}
          ${row('PASSWORD', html`<input type="password" name="PWD" size="14" />`)} ${row('', html`<input type="submit" name="GO" value="SIGN ON" />`)}
        </table>
      </form>`,
  );

export const mainPage = (username: string): Markup =>
  frame(
    'MAIN',
    html`<table>
      <tr class="head">
        <td>MAIN</td>
      </tr>
      <tr>
        <td id="USR">SIGNED ON AS ${username}</td>
      </tr>
      <tr>
        <td>SELECT A FUNCTION FROM THE MENU.</td>
      </tr>
    </table>`,
  );

export const passwordPage = ({ csrf, text }: { readonly csrf: string; readonly text: string | null }): Markup =>
  frame(
    'CHANGE PASSWORD',
    html`${messageOf(text)}
      <form method="post" action="/password" name="CHGPWD" onsubmit="return confirm('CHANGE YOUR PASSWORD NOW?')">${changeFields(csrf)}</form>
      ${rules}`,
  );

/** Where a sign-on with an expired password leads, in the same frame. */
export const expiredPage = ({ csrf, text }: { readonly csrf: string; readonly text: string | null }): Markup =>
  frame(
    'PASSWORD EXPIRED',
    html`${message(TEXTS.expired)}${messageOf(text)}
      <form method="post" action="/expired" name="EXPPWD">${changeFields(csrf)}</form>
      ${rules}`,
  );

const changeFields = (csrf: string): Markup =>
  html`<input type="hidden" name="TOKEN" value="${csrf}" />
    <table>
      <tr class="head">
        <td colspan="2">CHANGE PASSWORD</td>
      </tr>
      ${row('OLD PASSWORD', html`<input type="password" name="OLDPWD" size="14" />`)}
      ${row('NEW PASSWORD', html`<input type="password" name="NEWPWD" size="14" maxlength="12" />`)}
      ${row('NEW PASSWORD AGAIN', html`<input type="password" name="NEWPWD2" size="14" maxlength="12" />`)}
      ${row('', html`<input type="submit" name="GO" value="CHANGE" />`)}
    </table>`;

const rules = html`<table>
  <tr>
    <td>8-12 CHARACTERS. LETTERS, DIGITS, # $ @ ! ONLY. AT LEAST ONE UPPER CASE, ONE LOWER CASE, ONE DIGIT. LAST 5 PASSWORDS MAY NOT BE REUSED.</td>
  </tr>
</table>`;

export const changedPage = frame('CHANGE PASSWORD', message(TEXTS.changed));

/** `found` is null before anything was asked. */
export const claimsPage = (typed: string, found: readonly Claim[] | null): Markup =>
  frame(
    'CLAIM INQUIRY',
    html`<form method="get" action="/claims" name="INQ">
        <table>
          <tr class="head">
            <td colspan="3">CLAIM INQUIRY</td>
          </tr>
          <tr>
            <td>CLAIM NO</td>
            <td><input name="CLMNO" size="20" maxlength="40" value="${typed}" /></td>
            <td><input type="submit" value="INQUIRE" /></td>
          </tr>
        </table>
      </form>
      ${found === null ? '' : found.length === 0 ? message(TEXTS.noClaims) : claimsTable(found)}`,
  );

/** Claims as `#CLMTAB`, with a head row that is a row like the others. */
export const claimsTable = (found: readonly Claim[]): Markup =>
  html` <table border="1" id="CLMTAB">
    <tr class="head">
      <td>CLAIM NO</td>
      <td>STATUS</td>
      <td>AMT</td>
      <td>SVC DT</td>
      <td>RCVD DT</td>
      <td>DECN DT</td>
    </tr>
    ${found.map(
      (claim) =>
        html`<tr>
          <td>${claim.number}</td>
          <td>${claim.status.toUpperCase()}</td>
          <td align="right">${formatAmount(claim.amountCents)}</td>
          <td>${formatUsDate(claim.serviceDate)}</td>
          <td>${formatUsDate(claim.receivedDate)}</td>
          <td>${claim.decidedDate === null ? '' : formatUsDate(claim.decidedDate)}</td>
        </tr> `,
    )}
  </table>`;

export const messagePage = (text: string): Markup => frame('CASCADE', message(text));
