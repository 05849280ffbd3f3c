import { deflateRawSync, crc32 } from 'node:zlib';
import { type Claim, formatAmount, formatUsDate } from './claims.ts';

const HEADINGS = ['Claim number', 'Status', 'Billed amount', 'Service date'] as const;

/** As Excel takes it for digits: the number stays as it is written. */
const asWords = (text: string): string => `="${text}"`;
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** Claims as CSV the way American portals write it: a title, a mark for Excel, quotes around what has commas. */
export function claimsCsv(claims: readonly Claim[]): Buffer {
  const rows = claims.map((claim) => [asWords(claim.number), claim.status, quoted(`$${formatAmount(claim.amountCents)}`), formatUsDate(claim.serviceDate)]);
  const lines = [['Alpine Health: your claims'], [''], HEADINGS, ...rows].map((cells) => cells.join(','));
  return Buffer.from(`\ufeff${lines.join('\r\n')}\r\n`);
}

const DAY_MS = 86_400_000;
/** The number by which Excel keeps a day. */
const serialOf = (iso: string): number => (Date.parse(iso) - Date.UTC(1899, 11, 30)) / DAY_MS;

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const words = (at: string, text: string): string => `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`;
const number = (at: string, value: number, style: number): string => `<c r="${at}" s="${style}"><v>${value}</v></c>`;

/** The same as an Excel workbook: amounts as numbers that are shown as dollars, days as numbers that are shown as dates. */
export function claimsXlsx(claims: readonly Claim[]): Buffer {
  const heading = `<row r="1">${HEADINGS.map((text, index) => words(`${'ABCD'.charAt(index)}1`, text)).join('')}</row>`;
  const rows = claims.map((claim, index) => {
    const at = index + 2;
    const cells = [
      words(`A${at}`, claim.number),
      words(`B${at}`, claim.status),
      number(`C${at}`, claim.amountCents / 100, 1),
      number(`D${at}`, serialOf(claim.serviceDate), 2),
    ];
    return `<row r="${at}">${cells.join('')}</row>`;
  });
  return zip({
    '[Content_Types].xml': `${HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
    'xl/workbook.xml': `${HEAD}<workbook ${MAIN} xmlns:r="${RELATIONS}"><sheets><sheet name="Claims" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/styles.xml': `${HEAD}<styleSheet ${MAIN}><numFmts count="1"><numFmt numFmtId="164" formatCode="&quot;$&quot;#,##0.00"/></numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
    'xl/worksheets/sheet1.xml': `${HEAD}<worksheet ${MAIN}><sheetData>${heading}${rows.join('')}</sheetData></worksheet>`,
  });
}

/** A ZIP archive (APPNOTE 4.3). */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const packed = deflateRawSync(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(text), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(Buffer.byteLength(text), 18);
    common.writeUInt16LE(name.length, 22);
    const part = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), common, Buffer.from(name), packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), common, place, Buffer.from(name)]));
    parts.push(part);
    at += part.length;
  }
  const names = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(names.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, names, Buffer.from('PK\u0005\u0006', 'latin1'), end]);
}
