import { randomUUID } from 'node:crypto';
import { parseRecipe, type Recipe } from '@rcm/portal-drivers';
import { type OwnAccount, type OwnAnswer, ownForm, type OwnLock, OwnPortal, type OwnVisit } from './own-portal.fixture.ts';

interface Mail {
  readonly account: OwnAccount;
  readonly token: string;
  readonly password: string;
}

/**
 * A change holds only once somebody has opened the link that the portal has sent: until then the old password goes on working, and the new one is a wrong one. Every link
 * works once, whatever was asked for after it.
 */
export class LinkPortal extends OwnPortal {
  readonly mails: Mail[] = [];

  constructor(lock: OwnLock) {
    super(lock, (visit) => this.#page(visit));
  }

  /** A person opens the link of the account's newest message, or of the first one. */
  async openLink(account: OwnAccount, which: 'newest' | 'first' = 'newest'): Promise<void> {
    const mail = this.mails.filter((each) => each.account === account).at(which === 'newest' ? -1 : 0);
    if (!mail) throw new Error('there is no message');
    const answer = await fetch(`http://${this.host}/finish?token=${mail.token}`);
    if (account.password !== mail.password || !(await answer.text()).includes('finished')) throw new Error('the link does not work');
  }

  async #page({ method, path, fields, account }: OwnVisit): Promise<OwnAnswer> {
    if (path === '/finish') return this.#finish(fields.token ?? '');
    if (path === '/login' && method === 'POST') return this.#logIn(fields.user ?? '', fields.password ?? '');
    if (!account) return LOGIN;
    if (path === '/logout') return { to: '/login', as: null };
    if (path !== '/password') return ownForm('/logout', {}, 'Sign out');
    if (method !== 'POST') return ownForm('/password', { current: 'Current password', fresh: 'New password' }, 'Change password');
    if ((await this.signIn(account, fields.current ?? '')) !== 'in') return 'Your current password is not correct.';
    this.mails.push({ account, token: randomUUID(), password: fields.fresh ?? '' });
    return 'We have sent you a message. Open its link to finish.';
  }

  async #logIn(user: string, password: string): Promise<OwnAnswer> {
    const account = this.accounts.get(user);
    const ended = account ? await this.signIn(account, password) : 'wrong';
    if (account && ended === 'in') return { to: '/home', as: account };
    return (ended === 'locked' ? 'Your account is locked.' : 'The user name or password is incorrect.') + LOGIN;
  }

  #finish(token: string): OwnAnswer {
    const mail = this.mails.find((each) => each.token === token);
    if (!mail) return 'There is no such link.';
    mail.account.password = mail.password;
    return 'The change is finished.';
  }
}

const LOGIN = ownForm('/login', { user: 'User name', password: 'Password' }, 'Sign in');

/** `sent`: what the recipe says of the page that asks for the link; `null`: it does not know that page. */
export function linkRecipe(sent: string | null): Recipe {
  const known = sent === null ? '' : `- { when: { text: We have sent you a message. }, ${sent} }`;
  return parseRecipe(`
version: 2
name: link-payer
step_deadline_ms: 30000
session: { open: /home, logged_in: { visible: { role: button, name: Sign out } }, logged_out: { visible: { label: User name } } }
login:
  steps:
    - open: /login
    - fill: { into: { label: User name }, with: { credential: username } }
    - fill: { into: { label: Password }, with: { credential: password } }
    - press: { role: button, name: Sign in }
      submit: true
  outcomes:
    - { when: { text: The user name or password is incorrect. }, is: rejected }
    - { when: { text: Your account is locked. }, is: locked }
    - { when: { visible: { role: button, name: Sign out } }, is: accepted }
change:
  steps:
    - open: /password
    - fill: { into: { label: Current password }, with: { credential: password } }
    - fill: { into: { label: New password }, with: { credential: new_password } }
    - press: { role: button, name: Change password }
      submit: true
  outcomes:
    - { when: { text: Your current password is not correct. }, is: refused, rule: current_wrong }
    - { when: { text: The change is finished. }, is: applied }
    ${known}
`);
}
