import { type AskedAct, BREAK_GLASS_MINUTES, type OpenTyping } from '@rcm/db/acts';
import type { LoginBudget, LoginHistory, LoginInFull } from '@rcm/db/fleet';
import { nextStepsFor, whyRotatedThen } from '@rcm/fleet';
import type { VNode } from 'preact';
import { mayDo, type Role } from '../access/roles.ts';
import { actsHere, type LoginAct } from '../acts/acts.ts';
import { type Markup, markup } from '../web/markup.ts';
import { actForm } from './act-form.ts';
import { statePill } from './fleet.ts';
import { facts, further, instant, part, pill, sameAs, table } from './parts.ts';
import { howFar, reading, saidOfIt, secondPerson, whatIsAsked, withdrawal } from './second-person.ts';
import { standsNow } from './now.ts';
import { wanted } from './wanted.ts';

export interface LoginShown {
  readonly login: LoginInFull;
  readonly history: LoginHistory;
  readonly asked: readonly AskedAct[];
  /** What a rotator waits for that somebody types; `null`: nothing. */
  readonly typing: OpenTyping | null;
  readonly roles: readonly Role[];
  /** Whether it is read here, once, what two people have agreed on. */
  readonly showsPasswords: boolean;
  /** Whether an operator may type one here. */
  readonly takesPasswords: boolean;
  /** Who looks at it, as events name them. */
  readonly person: string;
  /** Of the session, for its forms. */
  readonly token: string;
  readonly now: Date;
}

export const loginPage = (shown: LoginShown): Markup => [
  part('state', [
    markup`<p class="lead">${statePill(shown.login)} ${shown.login.portalName}, account ${shown.login.accountId}</p>`,
    steps(shown.login),
    loginFacts(shown.login, shown.now),
  ]),
  sameAs(`rcm login show ${shown.login.id}`),
  part('wanted', wanted(shown)),
  part(
    'undecided',
    shown.asked.filter(({ state }) => state === 'undecided').map((act) => secondPerson(act, shown)),
  ),
  part('acts', acts(shown)),
  part('asked', askedFor(shown)),
  part('timeline', timeline(shown)),
];

const steps = (login: LoginInFull): Markup => {
  const next = nextStepsFor(login);
  return next.length > 0 && markup`<div class="steps"><h2>What to do</h2><ul>${next.map((step) => markup`<li>${step}</li>`)}</ul></div>`;
};

function loginFacts(login: LoginInFull, now: Date): VNode {
  const at = (moved: Date | null): Markup => instant(moved, now);
  const { lastRefused: refused, budget, attempt } = login;
  const next = whyRotatedThen(login);
  return facts([
    ['Organization', login.orgId],
    ['Last accepted', at(login.lastAcceptedAt) ?? 'never'],
    ['Last refused', refused && markup`${at(refused.at)}: ${refused.outcome}, password ${refused.effect ?? 'none'}`],
    ['Failing since', at(login.refusedSince)],
    ['Budget', budget && inBudget(budget, at)],
    ['Rotated', at(login.lastRotatedAt) ?? 'never'],
    ['Next rotation', markup`<span>${next.at && markup`<span>${at(next.at)}: </span>`}${next.why}</span>`],
    ['Expires', at(login.expiresAt)],
    ['Open rotation', attempt && markup`<span>${attempt.state} since ${at(attempt.since)}${attempt.detail ? `: ${attempt.detail}` : ''}</span>`],
    [
      'Held',
      login.leases.length > 0 && markup`<ul>${login.leases.map((lease) => markup`<li>${lease.kind} by ${lease.holder}, ends ${at(lease.until)}</li>`)}</ul>`,
    ],
    ['Waiting tasks', login.waitingTasks.length || null],
    [
      'Paused',
      login.pauses.length > 0 &&
        markup`<ul>${login.pauses.map((pause) => markup`<li>${pause.scope.replace('_', ' ')}, ${at(pause.since)}: ${pause.reason}</li>`)}</ul>`,
    ],
  ]);
}

const inBudget = ({ failuresLeft, of, why, until }: LoginBudget, at: (moved: Date) => Markup): VNode =>
  markup`<span>${failuresLeft} of ${of} failed logins left${why ? ` (${why})` : ''} ${until && markup`<span>better ${at(until)}</span>`}</span>`;

/** Only what would change something is offered: nobody pauses twice. */
function isOffered({ act }: LoginAct, { pauses, attempt, lastRotatedAt }: LoginInFull): boolean {
  const isPaused = pauses.some(({ scope }) => scope === 'login');
  switch (act) {
    case 'pause':
      return !isPaused;
    case 'resume':
      return isPaused;
    case 'resolve':
      return attempt?.state === 'blocked';
    case 'rollback':
      return attempt === null && lastRotatedAt !== null;
    default:
      return true;
  }
}

const { least, usual, most } = BREAK_GLASS_MINUTES;
const MINUTES = markup`<label>For how many minutes
  <input name="minutes" type="number" required min=${least} max=${most} value=${usual} />
</label>`;

function acts({ login, roles, token, takesPasswords }: LoginShown): Markup {
  const offered = actsHere({ takesPasswords }).filter((each) => mayDo(roles, each.act) && isOffered(each, login));
  if (offered.length === 0) return null;
  return markup`<section class="acts"><h2>Act</h2>${offered.map(({ act, choice, title, does, command }) =>
    actForm({
      action: `/o/${login.orgId}/logins/${login.id}/acts/${act}`,
      ...{ title, does, token, command: command(login.id), now: standsNow({ act }, login) },
      fields: act === 'break_glass' ? MINUTES : choice && markup`<input type="hidden" name="choice" value=${choice} />`,
    }),
  )}${takesPasswords ? null : markup`<p class="same">A password that you know is set with <code>rcm login set ${login.id}</code>: none is typed into this console.</p>`}</section>`;
}

const askedFor = (shown: LoginShown): Markup =>
  shown.asked.length > 0 &&
  markup`<section id="asked" aria-live="polite"><h2>Asked for</h2>${table(
    'What people asked for from here',
    [
      { title: 'When', cell: (act: AskedAct) => instant(act.askedAt, shown.now) },
      { title: 'What', cell: whatIsAsked },
      { title: 'How far', cell: (act) => howFar(act, shown.typing) },
      { title: 'What came of it', cell: ({ words, code }) => markup`<span>${words} ${code && markup`<code>${code}</code>`}</span>` },
      { title: 'Who', cell: ({ actor }) => actor },
      { title: 'Why', cell: ({ reason }) => reason },
      { title: 'Second person', cell: saidOfIt },
    ],
    shown.asked,
    '',
  )}${shown.asked.map((act) => act.state === 'waiting' && [shown.showsPasswords && reading(act, shown), withdrawal(act, shown)])}${shown.asked.some(({ endedAt }) => endedAt === null) && markup`<p><a href=${`/o/${shown.login.orgId}/logins/${shown.login.id}`}>Load the page again</a> to see how far it is.</p>`}</section>`;

const isBad = (what: string): boolean => /^(rejected|locked|blocked|failed|refused)/.test(what);

function timeline({ login, history, now }: LoginShown): VNode {
  return markup`<section><h2>Timeline</h2>${table(
    'What happened, the newest first',
    [
      { title: 'When', cell: (entry: LoginHistory['entries'][number]) => instant(entry.at, now) },
      { title: 'From', cell: ({ source }) => source },
      { title: 'What', cell: ({ what }) => (isBad(what) ? pill(what, 'bad') : what) },
      { title: 'By', cell: ({ by }) => by },
      { title: 'Detail', cell: ({ detail }) => detail },
    ],
    history.entries,
    'Nothing has happened yet.',
  )}${further(`/o/${login.orgId}/logins/${login.id}`, {}, history.before && history.before.toISOString(), 'before')}
  ${sameAs(`rcm login history ${login.id}`)}</section>`;
}
