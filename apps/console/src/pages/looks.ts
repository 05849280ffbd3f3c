import type { LookFinding, LookPart, PortalLook } from '@rcm/db/acts';
import type { VNode } from 'preact';
import { type Markup, markup } from '../web/markup.ts';
import type { Place } from './layout.ts';
import { facts, instant, pill, sameAs, table, type Tone } from './parts.ts';

export interface LooksShown {
  readonly place: Place;
  readonly code: string;
  /** The newest first. */
  readonly looks: readonly PortalLook[];
  /** When what it was compared with was saved. */
  readonly savedAt: Date;
  readonly now: Date;
}

const TONES: Readonly<Record<LookFinding['state'], Tone>> = { there: 'good', absent: 'calm', unseen: 'calm', missing: 'bad', unexpected: 'bad' };
const WORDS: Readonly<Record<LookFinding['state'], string>> = {
  there: 'as the recipe says',
  absent: 'not needed now',
  unseen: 'not looked at',
  missing: 'missing',
  unexpected: 'unexpected',
};
const PARTS: Readonly<Record<LookPart, string>> = {
  login: 'The last page that is seen of a login before anything is typed',
  session: 'The page by which it is told that nobody is logged in',
};
const WRONG = new Set<LookFinding['state']>(['missing', 'unexpected']);
const NEXT = markup`<div class="steps"><h2>What to do</h2><ul>
  <li>See the pictures, and the portal in a browser of your own: has it new pages, or is it down?</li>
  <li>Where its pages are others, pause the portal type, mend the recipe, try it with <code>rcm portal try</code>, and have it approved with <code>rcm portal-type propose FILE</code>.</li>
  <li>Where it was down, look again later.</li></ul></div>`;

/** What was seen of a portal without logging in: the last look in full, with its pictures, and how those before ended. */
export function looksShown({ place, code, looks, savedAt, now }: LooksShown): VNode {
  const [last, ...before] = looks;
  return markup`<section id="looks"><h2>Its pages, as they were seen last</h2>
    ${last ? oneLook({ place, code, look: last, savedAt, now }) : markup`<p class="empty">Nobody has looked yet: an operator does, on the page of a login there.</p>`}
    ${
      before.length > 0 &&
      table(
        'Earlier looks',
        [
          { title: 'When', cell: ({ lookedAt }: PortalLook) => instant(lookedAt, now) },
          { title: 'Through', cell: ({ orgId, endpointId }) => through(orgId, endpointId) },
          { title: 'Found', cell: ({ findings }) => verdict(findings) },
        ],
        before,
        '',
      )
    }
    ${sameAs('rcm login look ID --reason "…"')}</section>`;
}

interface OneLook extends Omit<LooksShown, 'looks'> {
  readonly look: PortalLook;
}

const oneLook = ({ place, code, look, savedAt, now }: OneLook): Markup => [
  facts([
    ['Looked', markup`<span>${verdict(look.findings)} ${instant(look.lookedAt, now)}</span>`],
    ['Through', through(look.orgId, look.endpointId)],
    ['Asked for by', look.actor],
    ['The recipe', look.lookedAt < savedAt && 'was another one: the portal type was saved since. Look again.'],
  ]),
  look.findings.some(({ state }) => WRONG.has(state)) && NEXT,
  table(
    'What the recipe expects, and what was seen',
    [
      { title: 'Part', cell: ({ part }: LookFinding) => part },
      { title: 'What', cell: ({ what }) => markup`<code>${what}</code>` },
      { title: 'Seen', cell: ({ state }) => pill(WORDS[state], TONES[state]) },
      { title: 'Why', cell: ({ detail }) => detail },
    ],
    look.findings,
    'The recipe expects nothing that shows without a login.',
  ),
  markup`<div class="pictures">${(Object.keys(PARTS) as LookPart[]).map((part) =>
    look.pictures.includes(part)
      ? markup`<figure><img src=${`${place.base}/portals/${code}/looks/${look.id}/${part}.png`} alt=${`${PARTS[part]}. Every field is covered.`} loading="lazy" /><figcaption>${PARTS[part]}; every field, and everything that is drawn, is covered.</figcaption></figure>`
      : markup`<p class="empty">${PARTS[part]}: no picture, as none could be taken that is covered.</p>`,
  )}</div>`,
];

/** By a link under its own organization's address, whoever looks. */
const through = (orgId: string, endpointId: string): Markup => markup`<a href=${`/o/${orgId}/logins/${endpointId}`}>${endpointId}</a>`;

function verdict(findings: readonly LookFinding[]): VNode {
  const wrong = findings.filter(({ state }) => WRONG.has(state)).length;
  return wrong > 0 ? pill(`${wrong} not as the recipe says`, 'bad') : pill('as the recipe says', 'good');
}
