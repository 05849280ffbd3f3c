import type { Chance } from './chance.fixture.ts';
import { HIDDEN_WORDS } from './hidden-words.fixture.ts';

/** The columns that are asked for. */
export type ColumnName = 'claim' | 'status' | 'paid' | 'units' | 'served';
export type CellValue = string | number;

/** A cell as a portal writes it, and what a person reads in it; `null`: nobody can tell, so that no answer is right. */
export interface WrittenCell {
  readonly html: string;
  readonly reads: CellValue | null;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const pad = (number: number, length = 2): string => String(number).padStart(length, '0');

/** Something of no meaning that nobody sees, or nothing. */
function unseen(chance: Chance): string {
  const words = chance.oneOf([String(1 + chance.below(900)), '-', '$', '20310117', 'x']);
  return chance.onceIn(3) ? chance.oneOf(HIDDEN_WORDS).replace('X', words) : '';
}

/** Writes the cell of one column. One of `brokenIn` is written so that nobody can read it; 0: none. */
export function writtenCell(column: ColumnName, chance: Chance, brokenIn: number): WrittenCell {
  const isBroken = brokenIn > 0 && chance.onceIn(brokenIn);
  const { html, reads } = WRITERS[column](chance, isBroken);
  return { html: `${unseen(chance)}${html}${unseen(chance)}`, reads };
}

const WRITERS: Readonly<Record<ColumnName, (chance: Chance, isBroken: boolean) => WrittenCell>> = { claim, status, paid, units, served };

function claim(chance: Chance): WrittenCell {
  const number = pad(chance.below(90_000), 5);
  const forms = [
    `C-${number}`,
    `<b>C</b>-${number}`,
    `<a href="#c">C-${number}</a>`,
    `C-&#8203;${number}`,
    `C-&shy;${number}`,
    `<span class="claim">${number}</span>`,
    `  C-${number}\n`,
    `<input value="C-${number}">`,
    `<span style="display:contents">C-${number}</span>`,
  ] as const;
  return { html: chance.oneOf(forms), reads: `C-${number}` };
}

function status(chance: Chance): WrittenCell {
  const [word, other] = chance.shuffled(['Paid', 'Denied', 'Pending', 'In review']);
  const forms = [
    `${word}`,
    `<b>${word}</b>`,
    `<i class="icon"></i>${word}`,
    `<div>${word}</div>`,
    `<select><option>${other}</option><option selected>${word}</option></select>`,
    `<details style="display:inline-block"><summary>${word}</summary>${other} before</details>`,
    `<span class="empty">${word}</span>`,
  ] as const;
  return { html: chance.oneOf(forms), reads: word ?? '' };
}

function paid(chance: Chance, isBroken: boolean): WrittenCell {
  const isOwed = chance.onceIn(5);
  const cents = isOwed ? pad(1 + chance.below(99)) : pad(chance.below(100));
  const dollars = chance.below(4_000);
  const grouped = dollars >= 1_000 ? `${Math.floor(dollars / 1_000)},${pad(dollars % 1_000, 3)}` : String(dollars);
  const other = String(1 + chance.below(900));
  const clear = [
    `$${grouped}.${cents}`,
    `${dollars}.${cents}`,
    `<b>$</b>${grouped}<span>.${cents}</span>`,
    `<span class="dollar">${grouped}.${cents}</span>`,
    `<span class="unit">${grouped}.${cents}</span>`,
    `<input value="${dollars}.${cents}">`,
    `USD&nbsp;${grouped}.${cents}`,
    `<table><tr><td>$${grouped}.${cents}</td></tr></table>`,
    `<span class="unshown">$${grouped}.${cents}</span>`,
    `<span class="unseen">$${grouped}.${cents}</span>`,
    `<span class="icon">$${grouped}.${cents}</span>`,
  ] as const;
  const owed = [
    `($${grouped}.${cents})`,
    `-$${grouped}.${cents}`,
    `−${dollars}.${cents}`,
    `${grouped}.${cents}-`,
    `<span class="minus">${dollars}.${cents}</span>`,
    `<span class="brackets">$${grouped}.${cents}</span>`,
  ] as const;
  const broken = [
    `$${grouped}.${cents}<br>${other}`,
    `<div>$${grouped}</div><div>${other}</div>`,
    `$${grouped}<sup>${cents}</sup>`,
    `<s>${other}</s>${dollars}`,
    `<del>$${other}</del> $${grouped}.${cents}`,
    `<span style="margin-right:40px">${other}</span><span>${dollars}.${cents}</span>`,
    `<div style="display:flex;flex-direction:row-reverse;width:140px;justify-content:flex-end"><span>${dollars}</span><span>${other}</span></div>`,
    `<span style="unicode-bidi:bidi-override;direction:rtl">${dollars}.${cents}</span>`,
    `${grouped}.${cents} CR`,
    `${dollars}.${cents} / ${other}`,
    `<i class="cents">${dollars}.10</i>`,
    `1,20`,
    `n/a`,
    ``,
  ] as const;
  if (isBroken) return { html: chance.oneOf(broken), reads: null };
  return { html: chance.oneOf(isOwed ? owed : clear), reads: `${isOwed ? '-' : ''}${dollars}.${cents}` };
}

function units(chance: Chance, isBroken: boolean): WrittenCell {
  const number = chance.below(5_000);
  const clear = [`${number}`, `<b>${number}</b>`, `<input type="number" value="${number}">`, `&#8203;${number}`, `${number}.0`] as const;
  const broken = [`${number}<br>1`, `9007199254740993`, `${number} of 9`, `one`, `${number}<del>7</del>`, `${number}%`] as const;
  return isBroken ? { html: chance.oneOf(broken), reads: null } : { html: chance.oneOf(clear), reads: number };
}

/** How the recipes of generated lists say that dates are written. */
export const DATE_FORMAT = 'MM/DD/YYYY';

function served(chance: Chance, isBroken: boolean): WrittenCell {
  const [year, month, day] = [2_025 + chance.below(6), 1 + chance.below(12), 1 + chance.below(28)];
  const clear = [
    `${pad(month)}/${pad(day)}/${year}`,
    `${month}/${day}/${year}`,
    `<b>${pad(month)}/${pad(day)}</b>/${year}`,
    `${pad(month)}/${pad(day)}/${year} 10:42 AM`,
    `<input value="${pad(month)}/${pad(day)}/${year}">`,
  ] as const;
  const broken = [
    `${pad(month)}/${pad(day)}/${year}<br>${pad(month)}/28/${year}`,
    `${pad(month)}/01 - ${pad(month)}/28/${year}`,
    `${day} ${MONTHS[month - 1]} ${year}`,
    `13/${pad(20 + (day % 8))}/${year}`,
    `02/30/${year}`,
    `<div>${pad(month)}/${pad(day)}/${year}</div><div>1</div>`,
    `—`,
  ] as const;
  return isBroken ? { html: chance.oneOf(broken), reads: null } : { html: chance.oneOf(clear), reads: `${year}-${pad(month)}-${pad(day)}` };
}
