import { zip } from '../secrets/zip.fixture.ts';

/** A cell of a workbook as XML: words, a number with the number of its style, or any other XML. */
export type Written = string | { readonly number: number | string; readonly style?: number } | { readonly xml: string };

export interface WrittenBook {
  readonly rows: readonly (readonly Written[])[];
  /** Styles by number: a format's id, or its code. */
  readonly formats?: readonly (number | string)[];
  readonly sheets?: readonly { readonly name: string; readonly state?: string }[];
  readonly calendar?: 1904;
  /** Attributes of rows, by their number from 1. */
  readonly rowAttributes?: Readonly<Record<number, string>>;
  /** Before and after the rows. */
  readonly before?: string;
  readonly after?: string;
}

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** The parts of a workbook with one sheet that has rows, as Excel writes them. */
export function bookParts({
  rows,
  formats = [],
  sheets = [{ name: 'Claims' }],
  calendar,
  rowAttributes = {},
  before = '',
  after = '',
}: WrittenBook): Record<string, string> {
  const strings: string[] = [];
  const cell = (written: Written, at: string): string => {
    if (typeof written === 'string') return `<c r="${at}" t="s"><v>${strings.push(`<si><t>${escaped(written)}</t></si>`) - 1}</v></c>`;
    return 'xml' in written ? written.xml.replace('<c', `<c r="${at}"`) : `<c r="${at}" s="${written.style ?? 0}"><v>${written.number}</v></c>`;
  };
  const body = rows.map(
    (row, index) =>
      `<row r="${index + 1}" ${rowAttributes[index + 1] ?? ''}>${row.map((one, column) => cell(one, `${String.fromCharCode(65 + column)}${index + 1}`)).join('')}</row>`,
  );
  const own = formats.flatMap((format, index) =>
    typeof format === 'string' ? [`<numFmt numFmtId="${164 + index}" formatCode="${format.replaceAll('"', '&quot;')}"/>`] : [],
  );
  const xfs = formats.map((format, index) => `<xf numFmtId="${typeof format === 'string' ? 164 + index : format}"/>`);
  return {
    'xl/workbook.xml': `${HEAD}<workbook ${MAIN} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><workbookPr ${calendar ? 'date1904="1"' : ''}/><sheets>${sheets.map(({ name, state }, index) => `<sheet name="${name}" sheetId="${index + 1}" ${state ? `state="${state}"` : ''} r:id="rId${index + 1}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${HEAD}<Relationships>${sheets.map((_sheet, index) => `<Relationship Id="rId${index + 1}" Target="worksheets/sheet${index === 0 ? 1 : index + 1}.xml"/>`).join('')}</Relationships>`,
    'xl/styles.xml': `${HEAD}<styleSheet ${MAIN}><numFmts>${own.join('')}</numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs>${xfs.join('') || '<xf numFmtId="0"/>'}</cellXfs></styleSheet>`,
    'xl/worksheets/sheet1.xml': `${HEAD}<worksheet ${MAIN}>${before}<sheetData>${body.join('')}</sheetData>${after}</worksheet>`,
    'xl/sharedStrings.xml': `${HEAD}<sst ${MAIN}>${strings.join('')}</sst>`,
  };
}

export const book = (written: WrittenBook): Buffer => zip(bookParts(written));
