import { type Chance, chances } from './chance.fixture.ts';
import { drawnList, drawnRows, FLAWS, HEADINGS, type ListRow, listRows, listStyle } from './drawn-list.fixture.ts';
import { PAGE_STYLE } from './hidden-words.fixture.ts';
import { type CellValue, type ColumnName, DATE_FORMAT } from './written-cell.fixture.ts';

/** How a list leads to its further pages. */
const WAYS = ['whole', 'links', 'turned', 'turned', 'grows'] as const;
export type Way = (typeof WAYS)[number];

/** How a script draws the rows that it was given. */
const DRAWN = ['at once', 'row by row', 'in two answers', 'cleared first'] as const;

/** Where a list is not honest about its end. */
const LIES = ['says more', 'ends in an error', 'ends half', 'stops early'] as const;

export interface GeneratedList {
  readonly seed: number;
  /** What is special about it, for the words of a failing test. */
  readonly about: string;
  /** `rows` of a recipe's task. */
  readonly recipe: object;
  /** What a person reads, page after page; `null`: nobody can tell, and every answer is wrong. */
  readonly truth: readonly Readonly<Record<string, CellValue>>[] | null;
  /** The document of the n-th page, from 0. */
  document(page: number): string;
  /** The rows of the n-th page that a script asks for, or a half of them; `null`: the answer is an error. */
  rows(page: number, part: string): readonly string[] | null;
}

/** A list in some payer's manner, the same each time for the same seed, and what is true of it. Knows nothing of how lists are read here. */
export function generatedList(seed: number): GeneratedList {
  const chance = chances(seed);
  const flaw = chance.onceIn(4) ? chance.oneOf(FLAWS) : null;
  const brokenIn = flaw === null && chance.onceIn(6) ? 9 : 0;
  const style = listStyle(chance, flaw);
  const way = chance.oneOf(WAYS);
  const drawn = chance.oneOf(DRAWN);
  const pages = Array.from({ length: way === 'whole' ? 1 : 1 + chance.below(4) }, () => listRows(chance, 1 + chance.below(6), brokenIn));
  const isLying = way !== 'whole' && flaw === null && brokenIn === 0 && chance.onceIn(5);
  const lie = isLying ? (way === 'links' ? 'says more' : chance.oneOf(LIES)) : null;
  const tellsCount = lie !== null ? !lie.startsWith('ends') : chance.onceIn(2);
  const flawedPage = chance.below(pages.length);
  const flawedRow = flaw === null ? -1 : seenPlace(pages[flawedPage] ?? [], chance);
  const html = pages.map((rows, page) => drawnRows(style, rows, page === flawedPage ? flawedRow : -1, chance));
  const first = drawnList(style, html[0] ?? [], chance);
  const whole = pages.map((_rows, page) => drawnList(style, html[page] ?? [], chances(seed + 7)));

  const seen = pages.map((rows) => rows.filter(({ isSeen }) => isSeen));
  const count = seen.flat().length;
  const said = count + (lie === 'says more' ? 3 : 0);
  const counts = seen.map((rows, page) => {
    const before = seen.slice(0, page).flat().length;
    return way === 'grows' ? `Showing 1 to ${before + rows.length} of ${said}` : `Showing ${before + 1} to ${before + rows.length} of ${said}`;
  });
  // A list that stops early leaves its last page out, and says no more how to get there.
  const last = pages.length - (lie === 'stops early' && pages.length > 1 ? 2 : 1);
  const isBroken = seen.flat().some(({ cells }) => Object.values(cells).some(({ reads }) => reads === null));
  const isFalse =
    flaw !== null || isBroken || (lie !== null && !(lie === 'stops early' && last === pages.length - 1) && !(lie.startsWith('ends') && pages.length === 1));
  const hiddenCopy = chance.onceIn(4) ? `<div style="display:none">${first.replaceAll(/ id="\w+"/g, '')}</div>` : '';
  const says = (page: number): string => (tellsCount ? `<p id="count">${counts[page]}</p>` : '');
  const leads = (page: number): string => {
    if (way === 'whole' || page >= last) return way === 'links' && chances(seed + page).onceIn(2) ? '<span>Next</span>' : '';
    return way === 'links' ? `<a href="/lists/${seed}/${page + 1}">Next</a>` : '<button>Next</button>';
  };

  return {
    seed,
    about: [`list ${seed}`, style.kind, way, ...(way === 'turned' || way === 'grows' ? [drawn] : []), flaw, lie, isBroken ? 'a cell is broken' : null]
      .filter((word) => word !== null)
      .join(', '),
    recipe: recipeFor({ way, tellsCount }),
    truth: isFalse ? null : seen.flat().map(valuesOf),
    document: (page) =>
      `<!doctype html><meta charset="utf-8"><title>List</title><link rel="icon" href="data:,"><style>${PAGE_STYLE}</style>${hiddenCopy}` +
      `${page === 0 ? first : whole[page]}${says(page)}${leads(page)}${way === 'turned' || way === 'grows' ? scriptFor({ seed, way, drawn, last, counts, tellsCount }) : ''}`,
    rows(page, part) {
      if (page === pages.length - 1 && (lie === 'ends in an error' || (lie === 'ends half' && part !== 'first'))) return null;
      const rows = html[page] ?? [];
      const half = Math.ceil(rows.length / 2);
      return part === 'first' ? rows.slice(0, half) : part === 'rest' ? rows.slice(half) : rows;
    },
  };
}

/** Which row of a page has the flaw: one that is seen. */
function seenPlace(rows: readonly ListRow[], chance: Chance): number {
  const places = rows.flatMap(({ isSeen }, index) => (isSeen ? [index] : []));
  return places[chance.below(places.length)] ?? 0;
}

const valuesOf = ({ cells }: ListRow): Record<string, CellValue> =>
  Object.fromEntries(Object.entries(cells).map(([column, { reads }]) => [column, reads ?? '']));

function recipeFor({ way, tellsCount }: { readonly way: Way; readonly tellsCount: boolean }): object {
  const types: Readonly<Record<ColumnName, object>> = {
    claim: {},
    status: {},
    paid: { type: 'money' },
    units: { type: 'number' },
    served: { type: 'date', format: DATE_FORMAT },
  };
  return {
    each: { css: '#list .row' },
    columns: Object.fromEntries(Object.entries(types).map(([column, type]) => [column, { header: HEADINGS[column as ColumnName], ...type }])),
    ...(way === 'whole' ? {} : { next_page: { role: way === 'links' ? 'link' : 'button', name: 'Next' } }),
    ...(way === 'grows' ? { grows: true } : {}),
    ...(tellsCount ? { total: { in: { css: '#count' }, format: 'Showing {from} to {to} of {total}' } } : {}),
  };
}

interface Scripted {
  readonly seed: number;
  readonly way: Way;
  readonly drawn: (typeof DRAWN)[number];
  readonly last: number;
  readonly counts: readonly string[];
  readonly tellsCount: boolean;
}

/** Turns the page as portals' scripts do: the rows of the page before stand until the answer is there. */
const scriptFor = ({ seed, way, drawn, last, counts, tellsCount }: Scripted): string => `<script>
  let page = 0;
  const body = document.getElementById('rows'), next = document.querySelector('button'), counts = ${JSON.stringify(counts)};
  const clear = () => { if (${way !== 'grows'}) body.querySelectorAll('.row').forEach((row) => row.remove()); };
  const add = (rows) => body.insertAdjacentHTML('beforeend', rows.join(''));
  const end = () => { if (page >= ${last}) next.remove(); if (${tellsCount}) document.getElementById('count').textContent = counts[page]; };
  const ask = (part) => fetch('/lists/${seed}/rows/' + page + '/' + part).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error())));
  const soon = (act) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = act; port2.postMessage(0); };
  const oneByOne = (rows) => { if (rows.length === 0) return end(); add(rows.slice(0, 1)); soon(() => oneByOne(rows.slice(1))); };
  const ways = {
    'at once': () => ask('all').then((rows) => { clear(); add(rows); end(); }),
    'row by row': () => ask('all').then((rows) => { clear(); oneByOne(rows); }),
    'in two answers': () => ask('first').then((rows) => { clear(); add(rows); return ask('rest').then((more) => { add(more); end(); }); }),
    'cleared first': () => { clear(); return ask('all').then((rows) => { add(rows); end(); }); },
  };
  if (next) next.onclick = () => { page += 1; ways[${JSON.stringify(drawn)}]().catch(() => next.remove()); };
</script>`;
