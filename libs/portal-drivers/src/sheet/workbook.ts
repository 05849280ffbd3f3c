import type { Archive } from './archive.ts';
import { formatOf, type NumberFormat } from './number-format.ts';
import { sheetProblem } from './problem.ts';
import { readXml } from './xml.ts';

/** Parts that say what a sheet's cells mean. */
export interface Workbook {
  /** The part that holds the sheet. */
  readonly part: string;
  readonly calendar: 1900 | 1904;
  readonly strings: readonly string[];
  /** How numbers are shown, by a cell's style. */
  readonly formats: readonly NumberFormat[];
}

interface Listed {
  readonly name: string;
  readonly id: string;
  readonly isHidden: boolean;
}

/** Finds a sheet by its name, or the only one that is seen. Fails with `portal_unexpected`. */
export function readWorkbook(archive: Archive, tab: string | undefined): Workbook {
  const sheets: Listed[] = [];
  let calendar: Workbook['calendar'] = 1900;
  readXml(needed(archive, 'xl/workbook.xml'), {
    open({ name, attributes }) {
      if (name === 'workbookPr' && /^(1|true)$/.test(attributes.date1904 ?? '')) calendar = 1904;
      if (name === 'sheet') sheets.push({ name: attributes.name ?? '', id: relationOf(attributes), isHidden: (attributes.state ?? 'visible') !== 'visible' });
    },
    text: () => undefined,
    close: () => undefined,
  });
  const seen = sheets.filter(({ isHidden }) => !isHidden);
  const [sheet, ...others] = tab === undefined ? seen : seen.filter(({ name }) => name === tab);
  if (!sheet) throw sheetProblem(tab === undefined ? 'has no sheet that is seen' : 'has no sheet of the name that the recipe gives (tab), or hides it');
  if (others.length > 0) throw sheetProblem('has several sheets: say which (tab)');
  return { part: partOf(archive, sheet.id), calendar, strings: stringsOf(archive), formats: formatsOf(archive) };
}

export function needed(archive: Archive, name: string): string {
  const text = archive.text(name);
  if (text === null) throw sheetProblem('is no workbook: a part of it is not there');
  return text;
}

/** The attribute has the prefix that the workbook gives the namespace of relationships. */
const relationOf = (attributes: Readonly<Record<string, string>>): string => Object.entries(attributes).find(([name]) => name.endsWith(':id'))?.[1] ?? '';

function partOf(archive: Archive, id: string): string {
  let target: string | null = null;
  readXml(needed(archive, 'xl/_rels/workbook.xml.rels'), {
    open({ name, attributes }) {
      if (name === 'Relationship' && attributes.Id === id && attributes.TargetMode !== 'External') target = attributes.Target ?? null;
    },
    text: () => undefined,
    close: () => undefined,
  });
  if (target === null) throw sheetProblem('is no workbook: its sheet is not there');
  const path: string = target;
  return path.startsWith('/') ? path.slice(1) : `xl/${path}`;
}

/** Words that cells share. What only tells how they are pronounced (`rPh`) is left out. */
function stringsOf(archive: Archive): string[] {
  const source = archive.text('xl/sharedStrings.xml');
  if (source === null) return [];
  const strings: string[] = [];
  let words: string[] = [];
  const open: string[] = [];
  readXml(source, {
    open({ name }) {
      open.push(name);
      if (name === 'si') words = [];
    },
    text(more) {
      if (open.at(-1) === 't' && !open.includes('rPh')) words.push(more);
    },
    close(name) {
      open.pop();
      if (name === 'si') strings.push(words.join(''));
    },
  });
  return strings;
}

function formatsOf(archive: Archive): NumberFormat[] {
  const source = archive.text('xl/styles.xml');
  if (source === null) return [];
  const codes = new Map<number, string>();
  const formats: NumberFormat[] = [];
  const open: string[] = [];
  readXml(source, {
    open({ name, attributes }) {
      if (name === 'numFmt') codes.set(Number(attributes.numFmtId), attributes.formatCode ?? '');
      if (name === 'xf' && open.at(-1) === 'cellXfs')
        formats.push(formatOf(Number(attributes.numFmtId ?? 0), codes.get(Number(attributes.numFmtId ?? 0)) ?? null));
      open.push(name);
    },
    text: () => undefined,
    close: () => void open.pop(),
  });
  return formats;
}
