import { relative } from '@rcm/fleet';
import type { VNode } from 'preact';
import { type Markup, markup } from '../web/markup.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'calm';

/** What changes by itself: the script takes it over from the page as it is then, by this name. */
export const part = (name: string, content: Markup): VNode => markup`<div data-part=${name}>${content}</div>`;

/** A word with a colour; the word alone says it. */
export const pill = (text: string, tone: Tone): VNode => markup`<span class=${`pill ${tone}`}>${text}</span>`;

/** How far away an instant is; the instant itself in UTC for whoever points at it. */
export const instant = (at: Date | null, now: Date): Markup =>
  at && markup`<time datetime=${at.toISOString()} title=${`${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`}>${relative(at, now)}</time>`;

/** The command that shows or does the same. */
export const sameAs = (command: string): VNode => markup`<p class="same">Same as <code>${command}</code></p>`;

/** A word of a command line, quoted where a shell would take it apart. */
export const word = (text: string): string => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Markup;
}

/** A table whose cells name their column where the window is too narrow for one. `empty`: what to say, and do, where there is nothing. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[], empty: Markup): VNode {
  if (rows.length === 0) return markup`<p class="empty">${empty}</p>`;
  return markup`<table>
    <caption class="hidden">${caption}</caption>
    <thead><tr>${columns.map(({ title }) => markup`<th scope="col">${title}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => markup`<tr>${columns.map(({ title, cell }) => markup`<td data-title=${title}>${cell(row)}</td>`)}</tr>`)}</tbody>
  </table>`;
}

/** Names and what they are; what has no value is left out. */
export const facts = (pairs: readonly (readonly [name: string, value: Markup])[]): VNode =>
  markup`<dl class="facts">${pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== false && value !== '')
    .map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

/** The rest of a list, where there is one. */
export const further = (path: string, query: Readonly<Record<string, string>>, after: string | null, name = 'after'): Markup =>
  after && markup`<p class="further"><a rel="next" href=${`${path}?${new URLSearchParams({ ...query, [name]: after }).toString()}`}>Next page</a></p>`;
