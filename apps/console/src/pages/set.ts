import { isSamePerson, type OpenTyping } from '@rcm/db/acts';
import type { LoginInFull } from '@rcm/db/fleet';
import type { VNode } from 'preact';
import { type Markup, markup } from '../web/markup.ts';
import { facts, instant, part, sameAs } from './parts.ts';

export interface SetShown {
  readonly login: LoginInFull;
  /** What a rotator waits for at this login; `null`: nothing. */
  readonly typing: OpenTyping | null;
  /** Who looks at it, as events name them. */
  readonly person: string;
  readonly token: string;
  readonly now: Date;
}

/** Where whoever asked types what is to be set. The form is no part that changes by itself: somebody is typing. What is said of it is. */
export const setPage = ({ login, typing, person, token, now }: SetShown): Markup => {
  const back = markup`<p><a href=${`/o/${login.orgId}/logins/${login.id}#asked`}>Back to the login</a></p>`;
  const own = typing !== null && isSamePerson(person, typing.actor) ? typing : null;
  return [
    part('waits', waits(login, own, now)),
    own !== null && own.typedAt === null && own.leftMs > 0 ? form(login, own, token) : null,
    back,
    sameAs(`rcm login set ${login.id} --reason "…"`),
  ];
};

function waits(login: LoginInFull, typing: OpenTyping | null, now: Date): Markup {
  const { budget } = login;
  if (typing === null)
    return markup`<p class="empty">No rotator waits for what you type at this login. What you asked for is on its page, with what came of it; ask again there.</p>`;
  if (typing.typedAt !== null) return markup`<p class="empty">It was typed. What comes of it is on the login’s page.</p>`;
  if (typing.leftMs <= 0) return markup`<p class="empty">It is over: what is typed now is taken by nobody. Ask again on the login’s page.</p>`;
  return facts([
    ['Portal', login.portalName],
    ['Account', login.accountId],
    ['Over', instant(typing.openUntil, now)],
    ['Budget', budget && `${budget.failuresLeft} of ${budget.of} failed logins left; the login that proves it spends one where the portal refuses it`],
  ]);
}

const form = ({ orgId, id }: LoginInFull, { requestId }: OpenTyping, token: string): VNode => markup`
  <section class="acts"><h2>What the portal accepts for ${id}</h2>
    <p>What you type is sealed for the rotator that waits for it, and nothing of it comes back: not on a page, not in a log. One login with it proves it; then it is the next version in the store, and the one before stays in its history. Where the portal refuses it, nothing is changed.</p>
    <form class="stacked" method="post" action=${`/o/${orgId}/requests/${requestId}/acts/type`} autocomplete="off">
      <input type="hidden" name="token" value=${token} />
      <label>Password
        <input name="password" type="password" required maxlength="1000" autocomplete="off" spellcheck="false" autofocus />
      </label>
      <label>Seed of its one-time codes, in base32; empty: as it is
        <input name="seed" type="password" maxlength="300" autocomplete="off" spellcheck="false" />
      </label>
      <button>Set it</button>
    </form></section>`;
