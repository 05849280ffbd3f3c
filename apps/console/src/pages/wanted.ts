import { isSamePerson, type OpenTyping } from '@rcm/db/acts';
import type { LoginInFull } from '@rcm/db/fleet';
import { mayDo, type Role } from '../access/roles.ts';
import { type Markup, markup } from '../web/markup.ts';
import { instant } from './parts.ts';

interface Wanted {
  readonly login: LoginInFull;
  readonly typing: OpenTyping | null;
  readonly roles: readonly Role[];
  readonly person: string;
  readonly takesPasswords: boolean;
  readonly now: Date;
}

/** Of the login's page: where whoever asked types what a rotator waits for. */
export const wanted = ({ login, typing, roles, person, takesPasswords, now }: Wanted): Markup =>
  takesPasswords &&
  typing !== null &&
  typing.typedAt === null &&
  typing.leftMs > 0 &&
  isSamePerson(person, typing.actor) &&
  mayDo(roles, 'type') &&
  markup`<section class="acts"><h2>A rotator waits for what you type</h2>
    <p>Until ${instant(typing.openUntil, now)}: <a href=${`/o/${login.orgId}/logins/${login.id}/set`}>type the password of ${login.id}</a></p></section>`;
