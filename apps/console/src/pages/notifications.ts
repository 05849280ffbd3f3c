import { cursorOf } from '@rcm/db';
import { type ChannelFigures, type Delivery, type NotificationPlace, NOTIFICATIONS_COUNTED, type ToldNotification } from '@rcm/db/notifications';
import type { VNode } from 'preact';
import { type Markup, markup } from '../web/markup.ts';
import type { Place } from './layout.ts';
import { further, instant, part, pill, table, type Tone } from './parts.ts';

export interface NotificationsShown {
  readonly place: Place;
  readonly notifications: readonly ToldNotification[];
  readonly next: NotificationPlace | null;
  readonly channels: readonly ChannelFigures[];
  readonly now: Date;
}

/** What people were told, whom it has reached, and who hears nothing. */
export const notificationsPage = ({ place, notifications, next, channels, now }: NotificationsShown): Markup => [
  part(
    'channels',
    markup`<section><h2>Channels</h2>${table(
      `How each channel does with the last ${NOTIFICATIONS_COUNTED} notifications`,
      [
        { title: 'Channel', cell: ({ channel }: ChannelFigures) => channel },
        { title: 'State', cell: channelState },
        { title: 'Heard last', cell: ({ lastDeliveredAt }) => instant(lastDeliveredAt, now) ?? 'never' },
        { title: 'Delivered', cell: ({ delivered }) => String(delivered) },
        { title: 'On their way', cell: ({ open }) => String(open) },
        { title: 'Given up', cell: ({ givenUp }) => String(givenUp) },
        { title: 'Why', cell: ({ lastError }) => lastError },
      ],
      channels,
      'No channel has carried anything yet: a rotator brings notifications to the log, and to SNS and a webhook where they are configured.',
    )}</section>`,
  ),
  part(
    'told',
    markup`<section><h2>Told</h2>${table(
      'Notifications, the newest first',
      [
        { title: 'When', cell: ({ createdAt }: ToldNotification) => instant(createdAt, now) },
        { title: 'What', cell: ({ kind, endedAt }) => markup`<span>${kind.replaceAll('_', ' ')} ${endedAt && pill('over', 'calm')}</span>` },
        { title: 'About', cell: about },
        ...(place.orgId === null ? [{ title: 'Organization', cell: ({ orgId }: ToldNotification) => orgId }] : []),
        { title: 'Detail', cell: ({ detail }) => detail },
        {
          title: 'To whom',
          cell: ({ deliveries }) => (deliveries.length === 0 ? 'nobody yet' : markup`<ul>${deliveries.map((each) => reached(each, now))}</ul>`),
        },
      ],
      notifications,
      'Nobody was told of anything yet. What needs a person is told once: a login that is refused or locked, a blocked rotation, a portal type that is stopped.',
    )}${further(`${place.base}/notifications`, {}, next && cursorOf(next))}</section>`,
  ),
  markup`<p class="same">The last of all: <code>rcm status</code>; of one login: <code>rcm login show ID</code></p>`,
];

/** A channel that had something to carry and has brought nothing of it is quiet: nobody behind it knows. */
function channelState({ delivered, open, givenUp }: ChannelFigures): VNode {
  if (givenUp === 0 && open === 0) return pill('delivers', 'good');
  return delivered === 0 ? pill('quiet: nobody hears of it', 'bad') : pill('delivers not everything', 'warn');
}

/** Of a portal type that is only proposed the notification names none: its words do. */
const PROPOSED = /^portal type (\S+), request /;

function about({ orgId, endpointId, portalTypeCode, detail }: ToldNotification): Markup {
  if (orgId !== null && endpointId !== null) return markup`<a href=${`/o/${orgId}/logins/${endpointId}`}>${endpointId}</a>`;
  const code = portalTypeCode ?? PROPOSED.exec(detail ?? '')?.[1];
  return code === undefined ? 'everything' : `portal type ${code}`;
}

const TONES: Readonly<Record<Delivery['state'], Tone>> = { delivered: 'good', waiting: 'calm', failing: 'warn', 'given up': 'bad' };
const reached = ({ channel, state, at, tries, error }: Delivery, now: Date): VNode => markup`
  <li>${channel}: ${pill(state, TONES[state])} ${state === 'failing' ? markup`<span>again ${instant(at, now)}</span>` : instant(at, now)}${error && ` (${tries === 1 ? 'one try' : `${tries} tries`}: ${error})`}</li>`;
