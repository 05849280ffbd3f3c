import { html } from 'hono/html';
import { formatAmount, type Claim } from '../../claims/claims.ts';
import type { CellHabit } from '../../records/list-habits.ts';
import type { Markup } from '../../web/document.ts';

interface Written {
  readonly headings: Markup;
  readonly cells: (claim: Claim) => Markup;
}

const HEADINGS = html`<th>Claim number</th>
  <th>Status</th>
  <th>Billed amount</th>
  <th>Service date</th>
  <th>Received</th>
  <th>Decided</th>`;

/** A claim in cells whose amount is as given. */
const cells =
  (amount: (cents: number) => Markup) =>
  ({ number, status, amountCents, serviceDate, receivedDate, decidedDate }: Claim): Markup =>
    html`<td>${number}</td>
      <td>${status}</td>
      <td>${amount(amountCents)}</td>
      <td>${serviceDate}</td>
      <td>${receivedDate}</td>
      <td>${decidedDate ?? ''}</td>`;

/** A date that sorts by words which nobody sees, in one of the ways in which pages hide them. */
const sorted = (date: string | null, hiding: string): Markup =>
  date === null ? html`` : html`<span style="${hiding}">${date.replaceAll('-', '')}</span>${date}`;

/** A field that was sent with another value than its script has put in. */
const field = (value: string): Markup => html`<input size="12" readonly value="0" data-now="${value}" />`;

/** Puts in what the fields of the table show; scripts that draw rows call it. */
export const FILL_FIELDS = `const fillFields = () => { for (const field of document.querySelectorAll('#claims input')) field.value = field.dataset.now; };`;

export const claimCells: Readonly<Record<CellHabit, Written>> = {
  plain: { headings: HEADINGS, cells: cells((cents) => html`$${formatAmount(cents)}`) },
  /** Keys to sort by, an internal number, a name for readers of screens, and an amount of before, none of which is seen. */
  hidden_words: {
    headings: html`<th hidden>Id</th>
      ${HEADINGS}`,
    cells: ({ number, status, amountCents, serviceDate, receivedDate, decidedDate }) =>
      html`<td hidden>${amountCents}</td>
        <td>${number}<span style="position: absolute; left: -9999px">, a claim</span></td>
        <td><span style="display: none">${status.length}</span>${status}</td>
        <td><span style="opacity: 0">$${formatAmount(amountCents + 1)}</span>$${formatAmount(amountCents)}<span hidden>.00</span></td>
        <td>${sorted(serviceDate, 'display: none')}</td>
        <td>${sorted(receivedDate, 'visibility: hidden')}</td>
        <td>${sorted(decidedDate, 'font-size: 0')}</td>`,
  },
  /** The cents stand below the dollars: as one text it would be another amount. */
  broken_amounts: {
    headings: HEADINGS,
    cells: cells((cents) => {
      const [dollars, rest] = formatAmount(cents).split('.');
      return html`$${dollars}<br />${rest}`;
    }),
  },
  inputs: {
    headings: HEADINGS,
    cells: ({ number, status, amountCents, serviceDate, receivedDate, decidedDate }) =>
      html`<td>${number}</td>
        <td>
          <select disabled>
            <option>Any</option>
            <option selected>${status}</option>
          </select>
        </td>
        <td>${field(`$${formatAmount(amountCents)}`)}</td>
        <td>${field(serviceDate)}</td>
        <td>${field(receivedDate)}</td>
        <td>${decidedDate === null ? '' : field(decidedDate)}</td>`,
  },
};
