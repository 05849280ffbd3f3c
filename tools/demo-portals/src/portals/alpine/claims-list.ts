import { html, raw } from 'hono/html';
import { formatAmount, type Claim } from '../../claims/claims.ts';
import type { Markup } from '../../web/document.ts';

/** As a page's script draws them. */
const drawn = ({ number, status, amountCents, serviceDate }: Claim) => [number, status, `$${formatAmount(amountCents)}`, serviceDate];

/**
 * Claims in a box that is scrolled: `scrolled` adds rows below and asks the server for each ten; `virtual` has no more in the document than are in sight, and uses the
 * same rows again.
 */
export const scrolledList = (found: readonly Claim[], habit: 'scrolled' | 'virtual', typed: string): Markup => html`
  <p id="claim-count">${found.length} claims</p>
  <style>
    ${raw('#claims-box { height: 180px; overflow: auto; position: relative } .claim-row { display: flex; gap: 24px; height: 30px }')}
  </style>
  <div id="claims-box"><div id="claims-space"></div></div>
  <script>
    ${raw(`
const box = document.getElementById('claims-box');
const space = document.getElementById('claims-space');
const ROW = 30;
const row = (cells) => {
  const made = Object.assign(document.createElement('div'), { className: 'claim-row' });
  fill(made, cells);
  return made;
};
const fill = (made, cells) => made.replaceChildren(...cells.map((text) => Object.assign(document.createElement('span'), { textContent: text })));
${habit === 'scrolled' ? grows(typed) : inSight(found)}
`)};
  </script>
`;

const grows = (typed: string): string => `
let [shown, busy, whole] = [0, false, false];
const more = async () => {
  if (busy || whole) return;
  busy = true;
  const answer = await fetch('/claims/rows?' + new URLSearchParams({ claim_number: ${JSON.stringify(typed).replaceAll('<', '\\u003c')}, from: shown }));
  const { rows, last } = await answer.json();
  space.append(...rows.map(row));
  [shown, busy, whole] = [shown + rows.length, false, last];
};
box.addEventListener('scroll', () => box.scrollTop + box.clientHeight > box.scrollHeight - ROW && more());
more();`;

const inSight = (found: readonly Claim[]): string => `
const all = ${JSON.stringify(found.map(drawn))};
space.style.height = all.length * ROW + 'px';
const used = Array.from({ length: Math.min(8, all.length) }, () => space.appendChild(row([])));
const place = () => {
  const first = Math.max(0, Math.min(all.length - used.length, Math.floor(box.scrollTop / ROW) - 1));
  for (let at = first; at < first + used.length; at += 1) {
    const made = used[at % used.length];
    made.style.cssText = 'position: absolute; top: ' + at * ROW + 'px';
    fill(made, all[at]);
  }
};
box.addEventListener('scroll', place);
place();`;

const CHUNK = 10;

/** The next rows of a list that grows. */
export function nextRows(found: readonly Claim[], from: number): { readonly rows: readonly (readonly string[])[]; readonly last: boolean } {
  const rows = found.slice(from, from + CHUNK).map(drawn);
  return { rows, last: from + rows.length >= found.length };
}

/** Links to the claims as files. */
export const exportLinks = (typed: string): Markup => {
  const query = new URLSearchParams({ claim_number: typed }).toString();
  return html`<p id="exports"><a href="/claims/claims.csv?${raw(query)}">Download CSV</a> <a href="/claims/claims.xlsx?${raw(query)}">Download Excel</a></p>`;
};
