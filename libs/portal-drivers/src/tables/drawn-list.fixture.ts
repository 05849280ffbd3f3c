import type { Chance } from './chance.fixture.ts';
import { HIDDEN_WORDS } from './hidden-words.fixture.ts';
import { type ColumnName, writtenCell, type WrittenCell } from './written-cell.fixture.ts';

/** What is wrong with how a list is drawn, so that nobody can tell what stands under which heading, or which rows there are. */
export const FLAWS = [
  'a heading is there twice',
  'a heading is missing',
  'a heading alone is hidden',
  'a heading spans two',
  'a cell is left out',
  'a cell too many',
  'a cell spans columns',
  'a cell spans rows',
  'a heading among the rows',
  'a sum among the rows',
  'a row inside of a row',
] as const;
export type Flaw = (typeof FLAWS)[number];

export const HEADINGS: Readonly<Record<ColumnName, string>> = { claim: 'Claim', status: 'Status', paid: 'Paid', units: 'Units', served: 'Service date' };

export interface ListRow {
  readonly cells: Readonly<Record<ColumnName, WrittenCell>>;
  readonly isSeen: boolean;
}

/** How one list writes its rows: the same on each of its pages. */
export interface ListStyle {
  readonly kind: 'table' | 'headless' | 'grid' | 'framed';
  /** Columns in their order; others than those that are asked for are `other` and, where nobody sees them, `unseen`. */
  readonly columns: readonly (ColumnName | 'other' | 'unseen')[];
  readonly flaw: Flaw | null;
}

const COLUMNS: readonly ColumnName[] = ['claim', 'status', 'paid', 'units', 'served'];

export function listStyle(chance: Chance, flaw: Flaw | null): ListStyle {
  const others = Array.from({ length: chance.below(3) }, () => chance.oneOf(['other', 'unseen'] as const));
  const isOfCells = flaw !== null && flaw.includes('spans');
  const kind = isOfCells ? chance.oneOf(['table', 'headless'] as const) : chance.oneOf(['table', 'table', 'headless', 'grid', 'framed'] as const);
  return { kind, columns: chance.shuffled([...COLUMNS, ...(isOfCells ? [] : others)]), flaw };
}

export function listRows(chance: Chance, count: number, brokenIn: number): ListRow[] {
  const rows = Array.from({ length: count }, () => ({ isSeen: !chance.onceIn(7) }));
  return rows.map(({ isSeen }, index) => ({
    // A page without a row that one sees is no list.
    isSeen: isSeen || index === 0,
    cells: Object.fromEntries(COLUMNS.map((column) => [column, writtenCell(column, chance, isSeen || index === 0 ? brokenIn : 0)])) as ListRow['cells'],
  }));
}

/** A whole list with these rows. */
export function drawnList(style: ListStyle, rows: readonly string[], chance: Chance): string {
  const isGrid = style.kind === 'grid';
  const heading = headingRow(style, chance);
  if (isGrid) return `<div role="grid" id="list"><div role="rowgroup">${heading}</div><div role="rowgroup" id="rows">${rows.join('')}</div></div>`;
  if (style.kind === 'headless') return `<table id="list"><tbody id="rows">${heading}${rows.join('')}</tbody></table>`;
  const sum = chance.onceIn(3) ? `<tfoot><tr><td>Sum</td><td>$1,000.00</td></tr></tfoot>` : '';
  const table = `<table id="list"><thead>${heading}</thead><tbody id="rows">${rows.join('')}</tbody>${sum}</table>`;
  const menu = '<tr><td>Menu</td><td>Help</td></tr>';
  return style.kind === 'framed'
    ? `<table><thead><tr><th>Paid</th><th>Claim</th></tr></thead><tbody>${menu}<tr><td></td><td>${table}</td></tr></tbody></table>`
    : table;
}

/** The rows of a page, one text each, with what the flaw does to the one that `flawed` counts; -1: to none. */
export function drawnRows(style: ListStyle, rows: readonly ListRow[], flawed: number, chance: Chance): string[] {
  return rows.map((row, index) => {
    const cells = style.columns.map((column) => cellOf(style, column, row, chance));
    const drawn = rowOf(style, cells, row.isSeen, chance);
    return index === flawed ? withFlaw(style, cells, drawn, chance) : drawn;
  });
}

function cellOf(style: ListStyle, column: ListStyle['columns'][number], row: ListRow, chance: Chance): string {
  if (column === 'unseen') return tag(style, '4711', 'style="display:none"');
  if (column !== 'other') return tag(style, row.cells[column].html, `class="c-${column}"`);
  const inside = `<table><thead><tr><th>Paid</th><th>Claim</th></tr></thead><tbody><tr><td>$1.00</td><td>C-1</td></tr></tbody></table>`;
  return tag(style, chance.oneOf(['', 'note', '$9.99', '<a href="#d">Details</a>', '01/01/2030', inside]), '');
}

const tag = (style: ListStyle, html: string, attributes: string): string =>
  style.kind === 'grid' ? `<div role="cell" ${attributes}>${html}</div>` : `<td ${attributes}>${html}</td>`;

function rowOf(style: ListStyle, cells: readonly string[], isSeen: boolean, chance: Chance): string {
  const hidden = isSeen ? '' : chance.oneOf(['style="display:none"', 'hidden style="display:none"']);
  return style.kind === 'grid' ? `<div role="row" class="row" ${hidden}>${cells.join('')}</div>` : `<tr class="row" ${hidden}>${cells.join('')}</tr>`;
}

function withFlaw(style: ListStyle, cells: readonly string[], drawn: string, chance: Chance): string {
  const at = 1 + chance.below(cells.length - 2);
  const row = (changed: readonly string[]): string => rowOf(style, changed, true, chance);
  const before = cells.slice(0, at);
  switch (style.flaw) {
    case 'a cell is left out':
      return row([...before, ...cells.slice(at + 1)]);
    case 'a cell too many':
      return row([...before, tag(style, '$7.00', ''), ...cells.slice(at)]);
    case 'a cell spans columns':
      return row([...before, `<td colspan="2">C-77777</td>`, ...cells.slice(at + 2)]);
    case 'a cell spans rows':
      return row([...before, `<td rowspan="2">C-77777</td>`, ...cells.slice(at + 1)]) + row([...before, ...cells.slice(at + 1)]);
    case 'a heading among the rows':
      return drawn + headingRow(style, chance).replace(/class="[^"]*"|^<(tr|div)/, (found) => (found.startsWith('<') ? `${found} class="row"` : ''));
    case 'a sum among the rows':
      return drawn + row([tag(style, 'Sum', style.kind === 'grid' ? 'aria-colspan="2"' : 'colspan="2"'), ...cells.slice(2)]);
    case 'a row inside of a row':
      return row([...cells.slice(0, -1), tag(style, rowsInside(style, cells, chance), '')]);
    default:
      return drawn;
  }
}

/** Rows of their own, in a cell: what was paid before, say. */
function rowsInside(style: ListStyle, cells: readonly string[], chance: Chance): string {
  const row = rowOf(style, cells, true, chance);
  return style.kind === 'grid' ? row : `<table>${headingRow({ ...style, flaw: null }, chance)}${row}</table>`;
}

function headingRow(style: ListStyle, chance: Chance): string {
  const seen = style.columns.filter((column): column is ColumnName => column !== 'other' && column !== 'unseen');
  const flawed = chance.oneOf(seen.slice(0, -1) as [ColumnName, ...ColumnName[]]);
  const cell = (html: string, attributes = ''): string =>
    style.kind === 'grid' ? `<div role="columnheader" ${attributes}>${html}</div>` : `<th ${attributes}>${html}</th>`;
  const cells = style.columns.map((column) => {
    if (column === 'other') return cell(chance.oneOf(['', 'Note', '&nbsp;']));
    if (column === 'unseen') return cell('Key', 'style="display:none"');
    const words = HEADINGS[column];
    if (column === flawed && style.flaw === 'a heading is missing') return cell('Sundry');
    if (column === flawed && style.flaw === 'a heading is there twice') return cell(HEADINGS[seen.at(-1) ?? column]);
    if (column === flawed && style.flaw === 'a heading alone is hidden') return cell(words, 'style="display:none"');
    if (column === flawed && style.flaw === 'a heading spans two') return cell(words, 'colspan="2"');
    return chance.oneOf([
      cell(words),
      cell(`<a href="#s">${words}</a>`),
      cell(`${words}${chance.oneOf(HIDDEN_WORDS).replace('X', ' sort')}`),
      cell(`<i class="icon"></i>${words}`),
    ]);
  });
  return style.kind === 'grid' ? `<div role="row">${cells.join('')}</div>` : `<tr>${cells.join('')}</tr>`;
}
