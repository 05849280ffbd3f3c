import type { WantedCode } from '@rcm/db/codes';
import { REASON } from '@rcm/telemetry';
import { type Markup, markup } from '../web/markup.ts';
import type { Place } from './layout.ts';
import { facts, instant, part, pill, sameAs, table } from './parts.ts';

export interface CodesShown {
  readonly place: Place;
  readonly wanted: readonly WantedCode[];
  /** Whether this person may answer. */
  readonly mayAnswer: boolean;
  readonly now: Date;
}

/** Which one-time codes logins wait for, the one that is over first at the top. */
export const codesPage = ({ place, wanted, mayAnswer, now }: CodesShown): Markup => [
  part(
    'wanted',
    table(
      'Codes that logins wait for',
      [
        { title: 'Login', cell: ({ orgId, endpointId }: WantedCode) => markup`<a href=${`/o/${orgId}/logins/${endpointId}`}>${endpointId}</a>` },
        ...(place.orgId === null ? [{ title: 'Organization', cell: ({ orgId }: WantedCode) => orgId }] : []),
        { title: 'Portal', cell: ({ portalTypeCode }) => portalTypeCode },
        { title: 'Asked', cell: ({ askedAt }) => instant(askedAt, now) },
        { title: 'Over', cell: ({ openUntil }) => instant(openUntil, now) },
        { title: 'Answer', cell: (each) => answerOf(each, mayAnswer) },
      ],
      wanted,
      'No login waits for a code. When a portal sends somebody one, the login that it is for is here for some minutes, and people are told.',
    ),
  ),
  sameAs(place.orgId === null ? 'rcm codes list' : `rcm codes list --org ${place.orgId}`),
];

const answerOf = ({ id, orgId, answeredBy }: WantedCode, mayAnswer: boolean): Markup => {
  if (answeredBy !== null) return markup`${pill('answered', 'good')} ${answeredBy}`;
  return mayAnswer ? markup`<a href=${`/o/${orgId}/codes/${id}`}>Answer</a>` : pill('waits for an operator', 'warn');
};

/** The login that waits for one code, and where to type it. Nothing on it changes by itself: somebody is typing. */
export const codePage = ({ id, orgId, endpointId, portalTypeCode, askedAt, openUntil }: WantedCode, token: string, now: Date): Markup => [
  facts([
    ['Login', markup`<a href=${`/o/${orgId}/logins/${endpointId}`}>${endpointId}</a>`],
    ['Portal', portalTypeCode],
    ['Asked', instant(askedAt, now)],
    ['Over', instant(openUntil, now)],
  ]),
  markup`<section class="acts"><h2>Give it the code</h2>
    <p>The portal has sent it to whoever the account names. Take the newest message, and one that came after the login asked. The code is sealed for the login that waits and types it within a few seconds; it is kept nowhere else.</p>
    <form method="post" action=${`/o/${orgId}/codes/${id}/acts/answer`}>
      <input type="hidden" name="token" value=${token} />
      <label>Code
        <input name="code" required maxlength="64" autocomplete="one-time-code" autofocus />
      </label>
      <label>Reason, for the audit trail
        <input name="reason" required maxlength=${REASON.longest} autocomplete="off" value="the portal asks for a code" />
      </label>
      <button>Give it the code</button>
    </form></section>`,
  sameAs(`rcm codes answer ${id}`),
];
