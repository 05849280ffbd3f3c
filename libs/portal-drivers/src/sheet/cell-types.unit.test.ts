import { expect, it } from 'vitest';
import { book } from './workbook.fixture.ts';
import { readXlsx } from './xlsx.ts';

const STYLES = ['General', 'yyyy-mm-dd', 'yyyy-mm', '#,##0.00 dmy', 'yyyy-mm-dd hh:mm:ss.000'];
const cellOf = (xml: string) => readXlsx(book({ rows: [[{ xml }]], formats: STYLES }), { maxRows: 1 })[0]?.cells[0];

it.each([
  ['words beside the cell', '<c t="str"><v>a</v></c>', { kind: 'text', text: 'a' }],
  ['words within the cell', '<c t="inlineStr"><is><t>a</t></is></c>', { kind: 'text', text: 'a' }],
  ['words that the file does not hold', '<c t="s"><v>7</v></c>', { kind: 'unknown', why: 'has words that the file does not hold' }],
  ['what is true', '<c t="b"><v>1</v></c>', { kind: 'text', text: 'TRUE' }],
  ['what is not', '<c t="b"><v>0</v></c>', { kind: 'text', text: 'FALSE' }],
  ['an error', '<c t="e"><v>#N/A</v></c>', { kind: 'unknown', why: 'is an error' }],
  ['a day in letters', '<c t="d"><v>2025-01-21</v></c>', { kind: 'unknown', why: 'is kept in a way that is not read here' }],
  ['a formula before its type', '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>', { kind: 'unknown', why: 'is a formula' }],
  ['nothing', '<c/>', { kind: 'text', text: '' }],
  ['nothing, shown as a day', '<c s="1"/>', { kind: 'text', text: '' }],
  ['a number', '<c><v>1.5</v></c>', { kind: 'number', number: '1.5', shown: 'plain' }],
  ['a day', '<c s="1"><v>45678</v></c>', { kind: 'date', day: '2025-01-21' }],
  ['a day with a time', '<c s="4"><v>45678.5</v></c>', { kind: 'date', day: '2025-01-21' }],
  ['a day before there are any', '<c s="1"><v>1</v></c>', { kind: 'unknown', why: 'is a number that is shown in a way of its own' }],
  ['a month', '<c s="2"><v>45678</v></c>', { kind: 'unknown', why: 'is a number that is shown in a way of its own' }],
  ['an amount beside letters of a day', '<c s="3"><v>45678</v></c>', { kind: 'number', number: '45678', shown: 'formatted' }],
])('reads %s by its type', (_what, xml, cell) => {
  expect(cellOf(xml)).toEqual(cell);
});
