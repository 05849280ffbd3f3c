import type { Pause } from '@rcm/db/rotation';
import type { VNode } from 'preact';
import { type Markup, markup } from '../web/markup.ts';
import { instant, table } from './parts.ts';

const pausedThing = ({ scope }: Pause): Markup =>
  scope.kind === 'all'
    ? 'all rotations'
    : scope.kind === 'portal_type'
      ? `portal type ${scope.portalTypeCode}`
      : markup`<a href=${`/o/${scope.orgId}/logins/${scope.endpointId}`}>${scope.endpointId}</a>`;

/** What is paused, by whom, since when and why. */
export const pausesTable = (pauses: readonly Pause[], now: Date): VNode =>
  table(
    'What is paused',
    [
      { title: 'What', cell: pausedThing },
      { title: 'Since', cell: ({ pausedAt }) => instant(pausedAt, now) },
      { title: 'Who', cell: ({ actor }) => actor },
      { title: 'Why', cell: ({ reason }) => reason },
    ],
    pauses,
    'Nothing is paused.',
  );
