import type { AskedAct } from '@rcm/db/acts';
import { EVERYWHERE, rolesIn } from '../access/roles.ts';
import type { Visitor } from '../sign-in/visitor.ts';
import { type Markup, markup } from '../web/markup.ts';
import { instant, table } from './parts.ts';
import { type Deciding, howFar, saidOfIt, secondPerson, whatIsAsked, whereItIsAsked, withdrawal } from './second-person.ts';

export interface ApprovalsShown extends Omit<Deciding, 'roles' | 'person'> {
  readonly visitor: Visitor;
  readonly undecided: readonly AskedAct[];
  /** What was asked for portal types and for everything; `null`: it is not this page's. */
  readonly wide: readonly AskedAct[] | null;
}

/** What waits for a second person, the oldest first. */
export const approvalsPage = ({ visitor, undecided, wide, token, now }: ApprovalsShown): Markup => [
  undecided.length === 0 && markup`<p class="empty">Nothing waits for a second person.</p>`,
  undecided
    .filter(({ state }) => state === 'undecided')
    .map((act) => secondPerson(act, { person: visitor.person, roles: rolesIn(visitor.roles, act.orgId ?? EVERYWHERE), token, now })),
  wide !== null &&
    markup`<section><h2>Asked for portal types and everything</h2>${table(
      'What people asked for portal types and for everything, the newest first',
      [
        { title: 'When', cell: (act: AskedAct) => instant(act.askedAt, now) },
        { title: 'What', cell: whatIsAsked },
        { title: 'Where', cell: whereItIsAsked },
        { title: 'How far', cell: howFar },
        { title: 'What came of it', cell: ({ words }) => words },
        { title: 'Who', cell: ({ actor }) => actor },
        { title: 'Why', cell: ({ reason }) => reason },
        { title: 'Second person', cell: saidOfIt },
      ],
      wide,
      'Nobody has asked for any yet: on the system page, rotations are paused and go on.',
    )}${wide.map((act) => act.state === 'waiting' && withdrawal(act, { person: visitor.person, roles: rolesIn(visitor.roles, EVERYWHERE), token, now }))}</section>`,
  markup`<p class="same">Of break-glass: same as <code>rcm break-glass list</code>, <code>approve</code> and <code>decline</code>. For the rest no command does the same: whoever has the rights of <code>rcm</code> at a terminal acts at once, and alone.</p>`,
];
