import type { VNode } from 'preact';
import { type Markup, markup } from '../web/markup.ts';

/** More lines than any recipe of ours has; a page has an end. */
const MOST_LINES = 3_000;
/** A word of JSON, at the place where it is looked for: one step a character, whatever stands there. */
const WORD = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/y;
const KEY = /\s*:/y;

/** JSON with numbers before its lines; words are told apart by spans that a stylesheet colours. */
export function code(value: unknown): VNode {
  const lines = (JSON.stringify(value, null, 2) ?? 'null').split('\n');
  const left = lines.length - MOST_LINES;
  return markup`<ol class="code">${lines.slice(0, MOST_LINES).map((line) => markup`<li><code>${words(line)}</code></li>`)}</ol>
    ${left > 0 && markup`<p class="same">${left} further lines are not shown.</p>`}`;
}

/** A line of JSON, its words told apart. */
export function words(line: string): readonly Markup[] {
  const parts: Markup[] = [];
  let plain = '';
  for (let at = 0; at < line.length;) {
    WORD.lastIndex = at;
    const [word] = WORD.exec(line) ?? [];
    if (word === undefined) {
      plain += line.charAt(at);
      at += 1;
      continue;
    }
    if (plain !== '') parts.push(plain);
    plain = '';
    at += word.length;
    KEY.lastIndex = at;
    parts.push(markup`<span class=${!word.startsWith('"') ? 'literal' : KEY.test(line) ? 'key' : 'string'}>${word}</span>`);
  }
  return [...parts, plain];
}
