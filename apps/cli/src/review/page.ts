import { printable } from '@rcm/telemetry';
import type { AccessReview } from './access.ts';
import type { Section } from './sections.ts';

/** One file for a browser's print command: no script, nothing from elsewhere. Every text is escaped. */
export function pageOf({ organization, quarter }: AccessReview, sections: readonly Section[], now: Date): string {
  const title = `Access review ${quarter.name}: ${organization.name}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>body{font:10pt/1.4 sans-serif;margin:2cm}table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:2pt 4pt;text-align:left;vertical-align:top;overflow-wrap:anywhere}
tr{break-inside:avoid}h2{break-after:avoid;margin-top:1.5em}.sign td{height:2.5em}</style></head>
<body><h1>${escaped(title)}</h1>
<p>Organization ${escaped(organization.id)}. Made ${now.toISOString()}; the trail is what it says it is where <code>rcm audit verify</code> says so.</p>
${sections.map(section).join('\n')}
<h2>Signed</h2><table class="sign"><tr><th>Reviewed by</th><td></td><th>Date</th><td></td></tr></table>
</body></html>`;
}

const section = ({ title, words, columns, rows, empty, more }: Section): string => `<h2>${escaped(title)}</h2><p>${escaped(words)}</p>
${rows.length === 0 ? `<p>${escaped(empty)}</p>` : `<table><thead>${row(columns, 'th')}</thead><tbody>${rows.map((each) => row(each, 'td')).join('')}</tbody></table>`}
${more === null ? '' : `<p>There are more: <code>${escaped(more)}</code></p>`}`;

const row = (cells: readonly string[], element: 'th' | 'td'): string => `<tr>${cells.map((cell) => `<${element}>${escaped(cell)}</${element}>`).join('')}</tr>`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Printed and signed it says what it says: nothing in it turns a line round. */
const escaped = (text: string): string => printable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
