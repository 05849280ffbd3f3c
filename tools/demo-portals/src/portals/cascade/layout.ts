import { html } from 'hono/html';
import type { Markup } from '../../web/document.ts';

/** One document of a frame, in the manner of its time: attributes for looks, tables for layout. */
export const frame = (title: string, body: Markup): Markup =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        <style>
          body {
            font:
              13px Verdana,
              sans-serif;
          }
          td {
            font-size: 13px;
            padding: 3px 8px;
          }
          .head td {
            background: #036;
            color: #fff;
          }
          a {
            color: #036;
          }
        </style>
      </head>
      <body bgcolor="#eeeedd">
        ${body}
      </body>
    </html> `;

/** A row of a table; most of the portal's pages are made of them. */
export const row = (...cells: readonly (string | Markup)[]): Markup =>
  html`<tr>
    ${cells.map((cell) => html`<td>${cell}</td>`)}
  </tr>`;

/** A line of the portal's own code page: what happened and its number. */
export const message = (text: string): Markup =>
  html`<table border="1" bgcolor="#ffffff">
      <tr>
        <td id="MSG"><b>${text}</b></td>
      </tr>
    </table>
    <br />`;

/** Head above, menu left, work right. The title is what the browser's window shows. */
export const frameset = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><link rel="icon" href="data:,"><title>CASCADE MUTUAL - PROVIDER ACCESS SYSTEM</title></head>
<frameset rows="48,*" border="1">
<frame name="head" src="/head" title="Head" scrolling="no">
<frameset cols="150,*" border="1">
<frame name="nav" src="/nav" title="Menu">
<frame name="main" src="/main" title="Work">
</frameset>
<noframes><body>CASCADE needs a browser with frames.</body></noframes>
</frameset>
</html>
`;

export const headFrame = frame('CASCADE', html`<b>CASCADE MUTUAL</b> - PROVIDER ACCESS SYSTEM - REL 4.2`);

const MENU = { '/main': 'MAIN', '/claims': 'CLAIM INQUIRY', '/password': 'CHANGE PASSWORD', '/signoff': 'SIGN OFF' };

export const navFrame = frame(
  'MENU',
  html`<table>
    ${Object.entries(MENU).map(([path, words]) => row(html`<a href="${path}" target="main">${words}</a>`))}
  </table>`,
);
