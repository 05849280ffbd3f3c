import { type AskedAct, isSamePerson, type OpenTyping, SECOND_PERSON_MS } from '@rcm/db/acts';
import type { VNode } from 'preact';
import { type Act, mayDo, type Role } from '../access/roles.ts';
import { LOGIN_ACTS, WIDE_ACTS } from '../acts/acts.ts';
import { type Markup, markup } from '../web/markup.ts';
import { actForm } from './act-form.ts';
import { facts, instant, pill, sameAs, type Tone } from './parts.ts';

export interface Deciding {
  /** Who looks at it, as events name them. */
  readonly person: string;
  /** What they are where it was asked. */
  readonly roles: readonly Role[];
  readonly token: string;
  readonly now: Date;
}

const wordsOf = ({ kind, choice }: AskedAct): { readonly title: string; readonly does: string } =>
  kind === 'pause' || kind === 'resume'
    ? WIDE_ACTS[kind]
    : (LOGIN_ACTS.find((each) => each.act === kind && each.choice === (choice ?? undefined)) ?? { title: kind, does: '' });
export const whatIsAsked = (act: AskedAct): string => wordsOf(act).title;
export const whereItIsAsked = ({ endpointId, portalTypeCode }: AskedAct): string =>
  endpointId ?? (portalTypeCode === null ? 'everywhere' : `portal type ${portalTypeCode}`);

/** What waits, and for whoever may, the two answers; for whoever asked, to take it back. */
export function secondPerson(act: AskedAct, deciding: Deciding): VNode {
  const { title, does } = wordsOf(act);
  const { person, roles, token, now } = deciding;
  const isOwn = isSamePerson(person, act.actor);
  const answers = (['approve', 'decline'] as const).filter((answer) => !isOwn && mayDo(roles, nameOf(answer, act)));
  return markup`<section class="acts"><h2>Waits for a second person: ${title}</h2>
    ${facts([
      [
        'Where',
        act.orgId === null || act.endpointId === null
          ? whereItIsAsked(act)
          : markup`<a href=${`/o/${act.orgId}/logins/${act.endpointId}`}>${act.endpointId}</a>`,
      ],
      ['Asked by', act.actor],
      ['Why', act.reason],
      ['Asked', instant(act.askedAt, now)],
      ['Only for', act.minutes === null ? act.loginStood : `${act.minutes} minutes from its being approved`],
      ['It ends by itself', instant(new Date(act.askedAt.getTime() + SECOND_PERSON_MS), now)],
    ])}
    ${answers.map((answer) => actForm({ action: addressOf(answer, act), ...ANSWERS[answer], does: answer === 'approve' ? does : ANSWERS[answer].does, token }))}
    ${isOwn && markup`<p>You have asked for it: somebody else decides.</p>`}
    ${withdrawal(act, deciding)}
    ${answers.length === 0 && !isOwn && markup`<p>An approver of ${act.orgId === null ? 'all organizations' : 'this organization'} decides.</p>`}</section>`;
}

/** For whoever asked, while no rotator has it. */
export const withdrawal = (act: AskedAct, { person, roles, token }: Deciding): Markup =>
  (act.state === 'undecided' || act.state === 'waiting') &&
  isSamePerson(person, act.actor) &&
  mayDo(roles, nameOf('withdraw', act)) &&
  actForm({ action: addressOf('withdraw', act), title: `Withdraw: ${whatIsAsked(act)}`, does: ANSWERS.withdraw.does, token });

/** For whoever asked, once it is approved and nobody has read it. */
export const reading = (act: AskedAct, { person, roles, token }: Deciding): Markup =>
  act.kind === 'break_glass' &&
  act.state === 'waiting' &&
  isSamePerson(person, act.actor) &&
  mayDo(roles, 'read') &&
  markup`<details class="act" name="act">
    <summary>Read the password, once</summary>
    <p>People are told first; then it is on your screen for two minutes, and nowhere again. From then on it is due to be changed when its minutes are over. Have the portal’s page open before.</p>
    <form method="post" action=${`/o/${act.orgId ?? ''}/requests/${act.id}/acts/read`}>
      <input type="hidden" name="token" value=${token} />
      <button>Read the password, once</button>
    </form>
    ${sameAs(`rcm break-glass read ${act.id}`)}
  </details>`;

type Answer = keyof typeof ANSWERS;
const nameOf = (answer: Answer, { orgId }: AskedAct): Act => (orgId === null ? `${answer} for portals` : answer);
const addressOf = (answer: Answer, { orgId, id }: AskedAct): string => `${orgId === null ? '/all' : `/o/${orgId}`}/requests/${id}/acts/${answer}`;

const ANSWERS = {
  approve: { title: 'Approve', does: '' },
  decline: { title: 'Decline', does: 'It is not done. Whoever asked for it sees why.' },
  withdraw: { title: 'Withdraw', does: 'It is not done, whether somebody has approved it or not. Refused once a rotator has taken it.' },
} as const;

const TONES: Readonly<Record<AskedAct['state'], Tone>> = {
  undecided: 'warn',
  waiting: 'calm',
  'under way': 'warn',
  done: 'good',
  failed: 'bad',
  expired: 'warn',
  left: 'warn',
  declined: 'warn',
  withdrawn: 'calm',
  outdated: 'warn',
};
const STATES: Readonly<Record<AskedAct['state'], string>> = {
  undecided: 'waits for a second person',
  waiting: 'waits for a rotator',
  'under way': 'under way',
  done: 'done',
  failed: 'not done',
  expired: 'nobody took it in time; nothing was done',
  left: 'its rotator is gone; the timeline says what it did',
  declined: 'declined; nothing was done',
  withdrawn: 'withdrawn; nothing was done',
  outdated: 'the login has moved on since; nothing was done',
};
/** What no rotator does is told in other words. */
const OF_BREAK_GLASS: Partial<typeof STATES> = {
  waiting: 'approved: whoever asked may read it',
  'under way': 'being read',
  done: 'read, and due to be changed',
  failed: 'not shown',
  expired: 'its time is over; it was not read',
  left: 'its terminal is gone; it may have been read',
};
/** What begins once somebody has typed it. */
const OF_SET: Partial<typeof STATES> = { expired: 'nobody typed it in time, or nobody took it; nothing was done' };
const OF_KIND: Readonly<Partial<Record<AskedAct['kind'], Partial<typeof STATES>>>> = { break_glass: OF_BREAK_GLASS, set: OF_SET };

/** `typing`: what a rotator waits for at the login; by it a request that nobody has begun yet says whose turn it is. */
export const howFar = ({ id, kind, state }: AskedAct, typing: OpenTyping | null = null): VNode =>
  typing !== null && typing.requestId === id && state === 'waiting'
    ? pill(whoseTurn(typing), 'warn')
    : pill(OF_KIND[kind]?.[state] ?? STATES[state], TONES[state]);

function whoseTurn({ typedAt, leftMs }: OpenTyping): string {
  if (typedAt !== null) return 'typed; its rotator takes it';
  return leftMs > 0 ? 'waits for what is to be typed' : 'over; nothing was typed';
}

/** What a person said of it besides whoever asked, and of its being withdrawn. */
export const saidOfIt = ({ decidedBy: by, decisionReason: why, withdrawalReason }: AskedAct): Markup =>
  [by && `${by}: ${why ?? ''}`, withdrawalReason && `withdrawn: ${withdrawalReason}`].filter(Boolean).join('; ');
