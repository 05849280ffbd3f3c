import type { ConsolePerson, OpenSession } from '@rcm/db/acts';
import type { VNode } from 'preact';
import type { GroupRole } from '../access/groups.ts';
import { EVERYWHERE, mayDo, type Role } from '../access/roles.ts';
import { type Markup, markup } from '../web/markup.ts';
import { actForm } from './act-form.ts';
import type { Place } from './layout.ts';
import { further, instant, table } from './parts.ts';

export interface AccessShown {
  readonly place: Place;
  readonly people: readonly ConsolePerson[];
  readonly next: string | null;
  readonly groups: readonly GroupRole[];
  readonly roles: readonly Role[];
  readonly token: string;
  readonly now: Date;
}

/** Who may do what, by group and by person, and who is in it now. */
export const accessPage = (shown: AccessShown): Markup => [byGroup(shown), byPerson(shown), revoking(shown)];

const where = (organization: string): string => (organization === EVERYWHERE ? 'everywhere' : organization);

const byGroup = ({ place, groups }: AccessShown): VNode =>
  markup`<section><h2>Groups</h2>${table(
    'Groups of the issuer, and what their members are',
    [
      { title: 'Group', cell: ({ group }: GroupRole) => group },
      { title: 'Role', cell: ({ role }) => role },
      { title: 'Where', cell: ({ organization }) => where(organization) },
    ],
    groups.filter(({ organization }) => place.orgId === null || organization === place.orgId || organization === EVERYWHERE),
    'No group has a role here.',
  )}<p class="same">Who is in a group is the issuer’s to say; what a group may stands in <code>RCM_CONSOLE_ROLES</code>.</p></section>`;

/** What somebody is, and where. */
export const rolesText = (roles: ConsolePerson['roles']): string =>
  Object.entries(roles)
    .map(([organization, names]) => `${names.join(', ')} ${where(organization)}`)
    .join('; ');

const byPerson = ({ place, people, next, now }: AccessShown): VNode => markup`<section><h2>People</h2>${table(
  'People who have signed in with a role here',
  [
    { title: 'Name', cell: ({ name }: ConsolePerson) => name },
    { title: 'Person', cell: ({ person }) => markup`<code>${person}</code>` },
    { title: 'At the last sign-in', cell: ({ roles }) => rolesText(roles) || 'nothing here any more' },
    { title: 'First seen', cell: ({ firstSignedIn }) => instant(firstSignedIn, now) },
    { title: 'Last seen', cell: ({ seenAt }) => instant(seenAt, now) },
    { title: 'Open sessions', cell: ({ sessions }) => String(sessions.length) },
  ],
  people,
  'Nobody has signed in with a role here.',
)}${further(`${place.base}/access`, {}, next)}
  <p><a href=${`${place.base}/access.csv`}>All of them as CSV</a></p>
  <p class="same">No command does the same: who is signed in is the console’s own.</p></section>`;

function revoking({ place, people, roles, token, now }: AccessShown): Markup {
  const open = people.flatMap(({ name, sessions }) => sessions.map((session) => ({ ...session, name })));
  if (open.length === 0) return null;
  return markup`<section class="acts"><h2>Open sessions</h2>${table(
    'Who is signed in',
    [
      { title: 'Name', cell: ({ name }: OpenSession & { readonly name: string }) => name },
      { title: 'As', cell: (session) => rolesText(session.roles) },
      { title: 'Since', cell: ({ begunAt }) => instant(begunAt, now) },
      { title: 'Seen', cell: ({ seenAt }) => instant(seenAt, now) },
      { title: 'Ends', cell: ({ endsAt }) => instant(endsAt, now) },
      {
        title: 'Act',
        cell: ({ handle, name }) =>
          mayDo(roles, 'revoke') &&
          actForm({
            action: `${place.base}/sessions/${handle}/acts/revoke`,
            title: `Revoke the session of ${name}`,
            does: 'Ends this session at once, wherever it has a role. Whoever still has a group may sign in again: take the group away first.',
            token,
          }),
      },
    ],
    open,
    '',
  )}</section>`;
}
