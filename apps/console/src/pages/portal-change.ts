import { isSamePerson, type PortalChange, type PortalChangeInFull, type PortalChangeState } from '@rcm/db/acts';
import type { PortalShown } from '@rcm/db/fleet';
import { nearChanges, portalTypeDiff, type RecipeLine, thousands } from '@rcm/fleet';
import type { VNode } from 'preact';
import { mayDo, type Role } from '../access/roles.ts';
import { type Markup, markup } from '../web/markup.ts';
import { actForm } from './act-form.ts';
import { words } from './code.ts';
import { facts, instant, pill, sameAs, table, type Tone } from './parts.ts';

const STATES: Readonly<Record<PortalChangeState, readonly [string, Tone]>> = {
  undecided: ['waits for a second person', 'warn'],
  approved: ['approved, not saved yet', 'warn'],
  saved: ['saved', 'good'],
  declined: ['declined', 'calm'],
  outdated: ['outdated: the portal type has changed since', 'calm'],
};
const stateOf = ({ state }: PortalChange): VNode => pill(...STATES[state]);

/** What was proposed, the newest first. */
export const proposedChanges = (changes: readonly PortalChange[], now: Date): VNode =>
  markup`<section><h2>Proposed changes</h2>${table(
    'Changes of portal types that somebody has proposed, the newest first',
    [
      { title: 'Portal', cell: (change: PortalChange) => markup`<a href=${`/all/portals/changes/${change.id}`}>${change.code}</a>` },
      { title: 'How far', cell: stateOf },
      { title: 'Proposed', cell: ({ proposedAt }) => instant(proposedAt, now) },
      { title: 'Who', cell: ({ actor }) => actor },
      { title: 'Why', cell: ({ reason }) => reason },
      { title: 'Second person', cell: ({ decidedBy, decisionReason }) => decidedBy && `${decidedBy}: ${decisionReason ?? ''}` },
    ],
    changes,
    'Nobody has proposed one: a change that two people are to look at begins with rcm portal-type propose FILE.',
  )}${sameAs('rcm portal-type proposed')}</section>`;

export interface ChangeShown {
  readonly change: PortalChangeInFull;
  /** As it is; `null`: it is not there yet. */
  readonly portal: PortalShown | null;
  readonly person: string;
  readonly roles: readonly Role[];
  readonly token: string;
  readonly now: Date;
}

/** What it would change, and for whoever may, the two answers. */
export function portalChangePage({ change, portal, person, roles, token, now }: ChangeShown): Markup {
  const { fields, near, left } = shownOf({ change, portal });
  return [
    markup`<p class="lead">${stateOf(change)} ${change.code}${portal === null && ', which is not there yet'}</p>`,
    facts([
      ['Proposed by', change.actor],
      ['Why', change.reason],
      ['Proposed', instant(change.proposedAt, now)],
      ['Logins there', portal?.logins.toString()],
      ['Second person', change.decidedBy && `${change.decidedBy}: ${change.decisionReason ?? ''}`],
      ['Saved', instant(change.savedAt, now)],
    ]),
    markup`<section><h2>Fields</h2>${table(
      'Fields that would be others',
      [
        { title: 'Field', cell: ({ name }: (typeof fields)[number]) => name },
        { title: 'Now', cell: ({ now: before }) => before !== null && markup`<code class="exact">${before}</code>` },
        { title: 'Then', cell: ({ then }) => markup`<code class="exact">${then}</code>` },
      ],
      fields,
      'All stay as they are.',
    )}</section>`,
    markup`<section><h2>Recipe</h2>${near.length === 0 ? markup`<p class="empty">It stays as it is.</p>` : lines(near)}</section>`,
    left > 0 && markup`<p>${thousands(left)} further lines are not shown: <code>rcm portal-type proposed ${change.id}</code> shows all of them.</p>`,
    sameAs(`rcm portal-type proposed ${change.id}`),
    answers({ change, person, roles, token, left }),
  ];
}

/** More than anybody looks through; a page has an end. */
const MOST_LINES = 3_000;

/** What the page shows of a change, and how many lines of it are left out. */
function shownOf({ change, portal }: Pick<ChangeShown, 'change' | 'portal'>) {
  const { fields, recipe } = portalTypeDiff(portal as Readonly<Record<string, unknown>> | null, change.document);
  const near = nearChanges(recipe);
  const [shownFields, shownNear] = [fields.slice(0, MOST_LINES), near.slice(0, MOST_LINES)];
  return { fields: shownFields, near: shownNear, left: fields.length - shownFields.length + near.length - shownNear.length };
}

/** Whether the page shows all that a change would change. Nobody approves on it what it does not show. */
export const isShownWhole = (shown: Pick<ChangeShown, 'change' | 'portal'>): boolean => shownOf(shown).left === 0;

const lines = (near: readonly (RecipeLine | null)[]): Markup =>
  markup`<ol class="code diff">${near.map((each) =>
    each === null ? markup`<li class="gap">…</li>` : markup`<li class=${CLASSES[each.change]}><code>${each.change} ${words(each.line)}</code></li>`,
  )}</ol>`;
const CLASSES = { ' ': undefined, '+': 'comes', '-': 'goes' } as const;

type Answering = Pick<ChangeShown, 'change' | 'person' | 'roles' | 'token'> & { readonly left: number };

function answers({ change, person, roles, token, left }: Answering): Markup {
  if (change.state !== 'undecided' && !(change.state === 'outdated' && change.decidedBy === null))
    return change.state === 'approved' && [markup`<p>The tables’ owner saves it.</p>`, sameAs(`rcm portal-type save --request ${change.id} --reason "…"`)];
  const isOwn = isSamePerson(person, change.actor);
  const may = (['approve', 'decline'] as const).filter(
    (answer) => mayDo(roles, `${answer} for portals`) && !(answer === 'approve' && (isOwn || left > 0 || change.state === 'outdated')),
  );
  return markup`<section class="acts"><h2>Decide</h2>
    ${isOwn && markup`<p>You have proposed it: somebody else approves it.</p>`}
    ${left > 0 && change.state === 'undecided' && markup`<p>It is too long to be approved on this page: <code>rcm portal-type approve ${change.id}</code>, after you have seen all of it.</p>`}
    ${may.length === 0 && markup`<p>An approver of all organizations decides.</p>`}
    ${may.map((answer) =>
      actForm({
        action: `/all/portal-changes/${change.id}/acts/${answer}`,
        ...ANSWERS[answer],
        command: `rcm portal-type ${answer} ${change.id} --reason "…"`,
        token,
      }),
    )}</section>`;
}

const ANSWERS = {
  approve: {
    title: 'Approve',
    does: 'The tables’ owner may save it from now on, as it stands here and while the portal type is as it is. It decides where passwords are typed, and how. Nothing changes by your yes alone.',
  },
  decline: { title: 'Decline', does: 'It is not saved. Whoever proposed it sees why.' },
} as const;
