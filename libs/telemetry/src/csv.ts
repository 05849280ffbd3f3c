import { printable } from './command-line/printable.ts';

/** What a spreadsheet would take for a formula: at the beginning of a cell, or behind the semicolon that ends one where it is set up for other countries. */
const FORMULA = /(^|;)(?=\s*[=+\-@＝＋－＠])/g;

/** Printable first: whoever reads the file at a terminal is steered by nothing in it, and no text is a line of its own. */
const cell = (text: string): string => `"${printable(text).replace(FORMULA, "$1'").replaceAll('"', '""')}"`;

/** As RFC 4180 has it, each row one line and each cell in quotes; one that a spreadsheet would reckon begins with an apostrophe. */
export const csv = (rows: readonly (readonly string[])[]): string => rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
