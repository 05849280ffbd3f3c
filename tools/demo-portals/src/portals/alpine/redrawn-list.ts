import { html, raw } from 'hono/html';
import type { CellHabit, ListHabit } from '../../records/list-habits.ts';
import type { Markup } from '../../web/document.ts';
import { claimCells, FILL_FIELDS } from './claim-cells.ts';
import type { ClaimsShown } from './claim-pages.ts';

/** How long the rows of the page before stay, in ms: many times what a reader could take for the page's last word. */
const STAY_MS = 600;

/** How rows take the place of those before. */
const REDRAWS = {
  /** What is told changes at once; the old rows stay for a while below it, then all are replaced. */
  redrawn_late: `setTimeout(() => { body.innerHTML = rows; fillFields(); settle(); }, ${STAY_MS});`,
  /** One row after the other, a frame or so apart. */
  redrawn_by_rows: `const made = Object.assign(document.createElement('tbody'), { innerHTML: rows });
    const [news, olds] = [[...made.children], [...body.children]];
    const one = () => {
      if (news.length > 0) { const [row, old] = [news.shift(), olds.shift()]; old ? old.replaceWith(row) : body.append(row); fillFields(); return setTimeout(one, 40); }
      olds.forEach((old) => old.remove());
      settle();
    };
    one();`,
} as const satisfies Readonly<Partial<Record<ListHabit, string>>>;

export type RedrawnHabit = keyof typeof REDRAWS;

export const rowsOf = (shown: ClaimsShown, cells: CellHabit): Markup[] =>
  shown.claims.map(
    (claim) =>
      html`<tr>
        ${claimCells[cells].cells(claim)}
      </tr>`,
  );

/** A table whose next page is drawn by a script, in the place of the page before. */
export const redrawnList = (
  shown: ClaimsShown,
  { habit, cells, typed }: { readonly habit: RedrawnHabit; readonly cells: CellHabit; readonly typed: string },
): Markup => html`
  <p id="claim-range">${shown.range}</p>
  <table id="claims">
    <thead>
      <tr>
        ${claimCells[cells].headings}
      </tr>
    </thead>
    <tbody>
      ${rowsOf(shown, cells)}
    </tbody>
  </table>
  <p><button type="button" id="next-page" ${shown.isLast ? 'disabled' : ''}>Next</button></p>
  <script>
    ${raw(`
const body = document.querySelector('#claims tbody');
const [range, next] = ['claim-range', 'next-page'].map((id) => document.getElementById(id));
let page = ${shown.page};
${FILL_FIELDS}
fillFields();
next.addEventListener('click', async () => {
  page += 1;
  const answer = await fetch('/claims/page?' + new URLSearchParams({ claim_number: ${JSON.stringify(typed).replaceAll('<', '\\u003c')}, page }));
  const { rows, told, last } = await answer.json();
  range.textContent = told;
  const settle = () => { next.disabled = last; };
  ${REDRAWS[habit]}
});
`)};
  </script>
`;
