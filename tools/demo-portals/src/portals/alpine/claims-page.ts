import { html } from 'hono/html';
import { formatAmount, type Claim } from '../../claims/claims.ts';
import { exportLinks, type ListHabit, scrolledList } from './claims-list.ts';
import { page, type Markup } from './layout.ts';

const NO_CLAIMS_TEXT = 'No claims found.';
const PAGE_SIZE = 10;

interface ClaimsView {
  readonly csrf: string;
  readonly typed: string;
  /** Null before anything was searched. */
  readonly found: readonly Claim[] | null;
  /** From 1. */
  readonly pageNumber: number;
  readonly list: ListHabit;
  readonly exports: boolean;
}

export const claimsPage = (view: ClaimsView): Markup =>
  page({
    title: 'Claims',
    csrf: view.csrf,
    body: html` <form method="get" action="/claims" id="claims-form">
        <label for="claim-number">Claim number</label>
        <input id="claim-number" name="claim_number" maxlength="40" value="${view.typed}" />
        <button type="submit" id="search-claims">Search</button>
      </form>
      ${view.found === null ? '' : results(view.found, view)}`,
  });

function results(found: readonly Claim[], view: ClaimsView): Markup {
  if (found.length === 0) return html`<p id="no-claims">${NO_CLAIMS_TEXT}</p>`;
  const { typed, list, exports } = view;
  return html`${exports ? exportLinks(typed) : ''} ${list === 'pages' ? pagedList(found, view) : scrolledList(found, list, typed)}`;
}

function pagedList(found: readonly Claim[], { typed, pageNumber }: ClaimsView): Markup {
  const pages = Math.ceil(found.length / PAGE_SIZE);
  const shown = Math.min(pageNumber, pages);
  const link = (to: number): string => `/claims?${new URLSearchParams({ claim_number: typed, page: String(to) }).toString()}`;
  return html` <table id="claims">
      <thead>
        <tr>
          <th>Claim number</th>
          <th>Status</th>
          <th>Billed amount</th>
          <th>Service date</th>
          <th>Received</th>
          <th>Decided</th>
        </tr>
      </thead>
      <tbody>
        ${found.slice((shown - 1) * PAGE_SIZE, shown * PAGE_SIZE).map(row)}
      </tbody>
    </table>
    <p id="pages">
      Page ${shown} of ${pages} ${shown > 1 ? html`<a id="previous-page" href="${link(shown - 1)}">Previous</a>` : ''}
      ${shown < pages ? html`<a id="next-page" href="${link(shown + 1)}">Next</a>` : ''}
    </p>`;
}

const row = (claim: Claim): Markup =>
  html` <tr>
    <td>${claim.number}</td>
    <td>${claim.status}</td>
    <td>$${formatAmount(claim.amountCents)}</td>
    <td>${claim.serviceDate}</td>
    <td>${claim.receivedDate}</td>
    <td>${claim.decidedDate ?? ''}</td>
  </tr>`;
