import { html } from 'hono/html';
import { formatAmount, type Claim } from '../../claims/claims.ts';
import { claimsTable } from '../cascade/pages.ts';
import type { Markup } from '../../web/document.ts';
import { page } from './layout.ts';
import type { ApplicationName } from './sign-on.ts';

interface ClaimsView {
  readonly csrf: string;
  readonly username: string;
  readonly typed: string;
  /** Null before anything was searched. */
  readonly found: readonly Claim[] | null;
}

interface Application {
  readonly site: string;
  readonly claimsPage: (view: ClaimsView) => Markup;
  /** Where the way out of the application leads: the provider's session goes on. */
  readonly leftPage: Markup;
}

/** A list as it is drawn today: labels, headings, how many there are. */
const claims = (found: readonly Claim[]): Markup =>
  found.length === 0
    ? html`<p id="no-claims">No claims found.</p>`
    : html`<p id="claim-count">${found.length} claims</p>
        <table id="claims">
          <thead>
            <tr>
              <th>Claim number</th>
              <th>Status</th>
              <th>Billed amount</th>
              <th>Service date</th>
            </tr>
          </thead>
          <tbody>
            ${found.map(
              (claim) =>
                html`<tr>
                  <td>${claim.number}</td>
                  <td>${claim.status}</td>
                  <td>$${formatAmount(claim.amountCents)}</td>
                  <td>${claim.serviceDate}</td>
                </tr>`,
            )}
          </tbody>
        </table>`;

/** And as it was drawn long ago: no label, no heading, everything in capitals. */
const inquiry = (found: readonly Claim[]): Markup => (found.length === 0 ? html`<p id="MSG">NO CLAIMS FOUND.</p>` : claimsTable(found));

export const applications: Readonly<Record<ApplicationName, Application>> = {
  claims: {
    site: 'Delta Claims',
    claimsPage: ({ csrf, username, typed, found }) =>
      page({
        site: 'Delta Claims',
        title: 'Claims',
        exit: { csrf, words: 'Leave Delta Claims' },
        body: html`<p id="welcome">Welcome, ${username}.</p>
          <form method="get" action="/claims">
            <label for="number">Claim number</label>
            <input id="number" name="number" maxlength="40" value="${typed}" />
            <button type="submit">Search</button>
          </form>
          ${found === null ? '' : claims(found)}`,
      }),
    leftPage: page({ site: 'Delta Claims', title: 'Goodbye', body: html`<p id="left">You have left Delta Claims. You are still signed in at Delta.</p>` }),
  },
  inquiry: {
    site: 'DELTA INQUIRY',
    claimsPage: ({ csrf, username, typed, found }) =>
      page({
        site: 'DELTA INQUIRY',
        title: 'CLAIM INQUIRY',
        exit: { csrf, words: 'SIGN OFF' },
        body: html`<p id="USR">SIGNED ON AS ${username}</p>
          <form method="get" action="/claims"><input name="number" maxlength="40" value="${typed}" /> <input type="submit" value="INQUIRE" /></form>
          ${found === null ? '' : inquiry(found)}`,
      }),
    leftPage: page({ site: 'DELTA INQUIRY', title: 'GOODBYE', body: html`<p id="MSG">YOU HAVE SIGNED OFF. THE SESSION AT DELTA GOES ON.</p>` }),
  },
};
