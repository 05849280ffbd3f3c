import { html, raw } from 'hono/html';
import type { Claim } from '../../claims/claims.ts';
import type { CellHabit, ListHabit, Telling } from '../../records/list-habits.ts';
import type { Markup } from '../../web/document.ts';
import { claimCells, FILL_FIELDS } from './claim-cells.ts';
import { claimsShown } from './claim-pages.ts';
import { exportLinks, scrolledList } from './claims-list.ts';
import { page } from './layout.ts';
import { redrawnList, rowsOf } from './redrawn-list.ts';

const NO_CLAIMS_TEXT = 'No claims found.';

interface ClaimsView {
  readonly csrf: string;
  readonly typed: string;
  /** Null before anything was searched. */
  readonly found: readonly Claim[] | null;
  /** From 1. */
  readonly pageNumber: number;
  readonly habits: ListHabits;
}

/** How the claims are shown that were found. */
interface ListHabits {
  readonly claimsList: ListHabit;
  readonly claimsTold: Telling;
  readonly claimsCells: CellHabit;
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

function results(found: readonly Claim[], { typed, pageNumber, habits }: ClaimsView): Markup {
  if (found.length === 0) return html`<p id="no-claims">${NO_CLAIMS_TEXT}</p>`;
  return html`${habits.exports ? exportLinks(typed) : ''} ${list(found, { typed, pageNumber, habits })}`;
}

function list(found: readonly Claim[], view: Pick<ClaimsView, 'typed' | 'pageNumber' | 'habits'>): Markup {
  const { claimsList, claimsTold, claimsCells: cells } = view.habits;
  switch (claimsList) {
    case 'pages':
      return pagedList(found, view);
    case 'scrolled':
    case 'virtual':
      return scrolledList(found, claimsList, view.typed);
    default:
      return redrawnList(claimsShown(found, 1, claimsTold), { habit: claimsList, cells, typed: view.typed });
  }
}

function pagedList(found: readonly Claim[], { typed, pageNumber, habits }: Pick<ClaimsView, 'typed' | 'pageNumber' | 'habits'>): Markup {
  const shown = claimsShown(found, pageNumber, 'truth');
  const link = (to: number): string => `/claims?${new URLSearchParams({ claim_number: typed, page: String(to) }).toString()}`;
  return html` <table id="claims">
      <thead>
        <tr>
          ${claimCells[habits.claimsCells].headings}
        </tr>
      </thead>
      <tbody>
        ${rowsOf(shown, habits.claimsCells)}
      </tbody>
    </table>
    ${
      habits.claimsCells === 'inputs'
        ? html`<script>
            ${raw(`${FILL_FIELDS} fillFields();`)};
          </script>`
        : ''
    }
    <p id="pages">
      Page ${shown.page} of ${shown.pages} ${shown.page > 1 ? html`<a id="previous-page" href="${link(shown.page - 1)}">Previous</a>` : ''}
      ${shown.isLast ? '' : html`<a id="next-page" href="${link(shown.page + 1)}">Next</a>`}
    </p>`;
}
