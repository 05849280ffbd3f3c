import { type AskedAct, isSamePerson, SECOND_PERSON_MS } from '@rcm/db';
import type { VNode } from 'preact';
import { mayDo, type Role } from '../access/roles.ts';
import { LOGIN_ACTS, WIDE_ACTS } from '../acts/acts.ts';
import { type Markup, markup } from '../web/markup.ts';
import { actForm } from './act-form.ts';
import { facts, moment, type Tone } from './parts.ts';

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

/** What waits, and for whoever may, the two answers. Whoever asked has none. */
export function secondPerson(act: AskedAct, { person, roles, token, now }: Deciding): VNode {
  const { title, does } = wordsOf(act);
  const [base, suffix] = act.orgId === null ? ['/all', ' for portals' as const] : [`/o/${act.orgId}`, '' as const];
  const isOwn = isSamePerson(person, act.actor);
  const answers = (['approve', 'decline'] as const).filter((decision) => !isOwn && mayDo(roles, `${decision}${suffix}`));
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
      ['Asked', moment(act.askedAt, now)],
      ['It ends by itself', moment(new Date(act.askedAt.getTime() + SECOND_PERSON_MS), now)],
    ])}
    ${answers.map((decision) => actForm({ action: `${base}/requests/${act.id}/acts/${decision}`, ...ANSWERS[decision], does: decision === 'approve' ? does : ANSWERS[decision].does, token }))}
    ${answers.length === 0 && markup`<p>${isOwn ? 'You have asked for it: somebody else decides.' : `An approver of ${act.orgId === null ? 'all organizations' : 'this organization'} decides.`}</p>`}</section>`;
}

const ANSWERS = {
  approve: { title: 'Approve', does: '' },
  decline: { title: 'Decline', does: 'It is not done. Whoever asked for it sees why.' },
} as const;

export const TONES: Readonly<Record<AskedAct['state'], Tone>> = {
  undecided: 'warn',
  waiting: 'calm',
  'under way': 'warn',
  done: 'well',
  failed: 'ill',
  expired: 'warn',
  left: 'warn',
  declined: 'warn',
};
export const STATES: Readonly<Record<AskedAct['state'], string>> = {
  undecided: 'waits for a second person',
  waiting: 'waits for a rotator',
  'under way': 'under way',
  done: 'done',
  failed: 'not done',
  expired: 'nobody took it in time; nothing was done',
  left: 'its rotator is gone; the timeline says what it did',
  declined: 'declined; nothing was done',
};
export const decidedBy = ({ decidedBy: by, decisionReason: why }: AskedAct): Markup => by && `${by}: ${why ?? ''}`;
