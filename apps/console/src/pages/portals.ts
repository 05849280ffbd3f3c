import type { PortalChange, PortalLook } from '@rcm/db/acts';
import type { PortalListed, PortalShown } from '@rcm/db/fleet';
import type { PortalAdmission } from '@rcm/db/rotation';
import { thousands } from '@rcm/fleet';
import type { VNode } from 'preact';
import { type Markup, markup } from '../web/markup.ts';
import { code } from './code.ts';
import type { Place } from './layout.ts';
import { looksShown } from './looks.ts';
import { proposedChanges } from './portal-change.ts';
import { facts, instant, pill, sameAs, table, type Tone } from './parts.ts';

export interface PortalsShown {
  readonly place: Place;
  readonly portals: readonly PortalListed[];
  readonly admissions: readonly PortalAdmission[];
  /** What was proposed; `null`: it is not this page's. */
  readonly changes: readonly PortalChange[] | null;
  readonly now: Date;
}

const AUTOMATION: Readonly<Record<'allowed' | 'assisted' | 'forbidden' | 'undecided', Tone>> = {
  allowed: 'good',
  assisted: 'calm',
  forbidden: 'warn',
  undecided: 'warn',
};
const automationPill = ({ automation }: Pick<PortalListed, 'automation'>): VNode => pill(automation ?? 'undecided', AUTOMATION[automation ?? 'undecided']);
const stopped = (admissions: readonly PortalAdmission[], portal: string) => admissions.find(({ portalTypeCode }) => portalTypeCode === portal)?.breaker ?? null;
const breakerOf = (admissions: readonly PortalAdmission[], { code: portal }: Pick<PortalListed, 'code'>, now: Date): Markup => {
  const open = stopped(admissions, portal);
  return open ? markup`<span>${pill('open', 'bad')} ${instant(open.openedAt, now)}: ${open.cause.replaceAll('_', ' ')}</span>` : pill('closed', 'good');
};

export const portalsPage = ({ place, portals, admissions, changes, now }: PortalsShown): Markup => [
  table(
    'Portal types',
    [
      { title: 'Portal', cell: (portal: PortalListed) => markup`<a href=${`${place.base}/portals/${portal.code}`}>${portal.code}</a>` },
      { title: 'Name', cell: ({ name }) => name },
      { title: 'Logins', cell: ({ logins }) => thousands(logins) },
      { title: 'A program may', cell: automationPill },
      {
        title: 'Passwords',
        cell: ({ rotationMode, rotationIntervalDays }) => (rotationMode === 'manual' ? 'by a person' : `every ${rotationIntervalDays} days`),
      },
      { title: 'Breaker', cell: (portal) => breakerOf(admissions, portal, now) },
      { title: 'Last saved', cell: ({ savedAt }) => instant(savedAt, now) },
    ],
    portals,
    'There is no portal type yet: save one with rcm portal-type save.',
  ),
  sameAs('rcm portal-type list'),
  changes !== null && proposedChanges(changes, now),
];

export interface OnePortalShown {
  readonly place: Place;
  readonly portal: PortalShown;
  readonly admissions: readonly PortalAdmission[];
  readonly looks: readonly PortalLook[];
  readonly now: Date;
}

export const portalPage = ({ place, portal, admissions, looks, now }: OnePortalShown): Markup => [
  markup`<p class="lead">${automationPill(portal)} ${portal.name}</p>`,
  facts([
    ['Logins', markup`<a href=${`${place.base}/logins?portal=${portal.code}`}>${thousands(portal.logins)}</a>`],
    ['Breaker', breakerOf(admissions, portal, now)],
    ['Last saved', instant(portal.savedAt, now)],
    ['Hosts', portal.hosts.join(', ')],
    ['Password rules', portal.passwordRules],
    ['Passwords are changed', portal.rotationMode === 'manual' ? 'by a person' : `every ${portal.rotationIntervalDays} days`],
    ['The portal locks', `after ${portal.lockoutThreshold} wrong logins, ${portal.lockoutMargin} of them left to people`],
    ['At once', `${portal.maxConcurrency} rotations`],
    ['Maintenance', portal.maintenanceWindows.length > 0 && `${portal.maintenanceWindows.join(', ')} (${portal.maintenanceTimeZone})`],
    ['Decided by', portal.automationDecidedBy],
  ]),
  sameAs(`rcm portal-type show ${portal.code}`),
  looksShown({ place, code: portal.code, looks, savedAt: portal.savedAt, now }),
  markup`<section><h2>Recipe</h2>${code(portal.recipe)}
    <p class="same">Checked with <code>rcm portal lint FILE</code>, proposed to a second person with <code>rcm portal-type propose FILE</code>, saved with <code>rcm portal-type save</code>, as the tables’ owner.</p></section>`,
];
