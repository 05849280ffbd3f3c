import { type Markup, markup } from '../web/markup.ts';
import type { Shown } from '../acts/shown-once.ts';
import { facts } from './parts.ts';

/** A password, once. Nothing on it changes by itself but that it goes. */
export const shownPage = (
  { portal, address, reason, approvedBy, until, rotation, fields, login }: Shown,
  { path, leavesMs }: { readonly path: string; readonly leavesMs: number },
): Markup => [
  markup`<p class="lead">${login} at ${portal}</p>`,
  markup`<section class="acts"><h2>What its page asks for</h2>
    ${facts(fields.map(([name, value]) => [name, markup`<code class="shown">${value}</code>`]))}</section>`,
  facts([
    ['Page', address],
    ['Asked for because', reason],
    ['Approved by', approvedBy],
    ['Due to be changed', markup`<time datetime=${until}>${until.slice(0, 16).replace('T', ' ')} UTC</time>`],
  ]),
  rotation !== null && markup`<p>A rotation of it is ${rotation}: the portal may accept another password by now.</p>`,
  markup`<p>Use it before then, and write it down nowhere. People were told of it, and the audit trail has both of you. It leaves the screen in ${leavesMs / 60_000} minutes, and neither going back nor
    loading this page again brings it back.</p>`,
  markup`<p><a href=${path}>Done: leave this page</a></p>`,
];
