import { cursorOf } from '@rcm/db';
import type { AuditPage, AuditQuestion, ListedEvent } from '@rcm/db/fleet';
import { type Markup, markup } from '../web/markup.ts';
import { further, sameAs, table, word } from './parts.ts';

/** How names begin; empty: any. */
export interface AuditAsked {
  readonly actor: string;
  readonly action: string;
  readonly login: string;
}

const LONGEST = 200;
const text = (value: unknown): string => (typeof value === 'string' && value.length <= LONGEST && !/[\p{Cc}]/u.test(value) ? value.trim() : '');
export const auditAsked = ({ actor, action, login }: Readonly<Record<string, unknown>>): AuditAsked => ({
  actor: text(actor),
  action: text(action),
  login: text(login),
});

/** The same as a question of one organization's events. */
export const questionOf = (orgId: string, { login, actor, action }: AuditAsked): AuditQuestion => ({
  ...{ orgId, subject: login || undefined, actor: actor || undefined, action: action || undefined },
});

export function auditPage(orgId: string, asked: AuditAsked, { events, next }: AuditPage): Markup {
  const path = `/o/${orgId}/audit`;
  const given = (Object.entries(asked) as [string, string][]).filter(([, value]) => value !== '');
  return [
    markup`<form class="filters" method="get" action=${path}>
      <label>Login <input name="login" value=${asked.login} /></label>
      <label>Who begins with <input name="actor" value=${asked.actor} placeholder="person:" /></label>
      <label>What begins with <input name="action" value=${asked.action} placeholder="login." /></label>
      <button class="quiet">Show</button>
    </form>`,
    table(
      'Who did what, the newest first',
      [
        {
          title: 'Time (UTC)',
          cell: ({ at }: ListedEvent) => markup`<time datetime=${at.toISOString()}>${at.toISOString().slice(0, 19).replace('T', ' ')}</time>`,
        },
        { title: 'Who', cell: ({ actor }) => actor },
        { title: 'What', cell: ({ action }) => markup`<code>${action}</code>` },
        { title: 'On', cell: ({ subject }) => subject },
        { title: 'Why', cell: ({ reason }) => reason },
      ],
      events,
      'There is no such event.',
    ),
    further(path, Object.fromEntries(given), next && cursorOf(next)),
    markup`<p><a href=${`${path}.csv${given.length > 0 ? `?${new URLSearchParams(given).toString()}` : ''}`}>The newest 50,000 of them as CSV</a>; all, with their details and the chain that proves them: <code>rcm audit export</code></p>`,
    sameAs(`rcm audit list --org ${word(orgId)}${given.map(([name, value]) => ` --${name} ${word(value)}`).join('')}`),
  ];
}
