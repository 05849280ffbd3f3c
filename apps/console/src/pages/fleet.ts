import { cursorOf } from '@rcm/db';
import { type FleetLogin, LOGIN_ORDERS, type LoginFilter, type LoginOrder, type LoginPage } from '@rcm/db/fleet';
import { type LoginState, loginStateOf, noteOf } from '@rcm/fleet';
import { isId } from '@rcm/telemetry';
import type { VNode } from 'preact';
import { type Markup, markup } from '../web/markup.ts';
import type { Place } from './layout.ts';
import { further, instant, part, pill, sameAs, table, type Tone, word } from './parts.ts';
import { keepingViews, viewLinks, type ViewsShown } from './views.ts';

/** What a list may be narrowed to, with the words of `rcm logins`. */
const SHOWN = {
  all: { title: 'All', flag: '' },
  failing: { title: 'Failing', flag: ' --failing' },
  locked: { title: 'Locked', flag: ' --locked' },
  blocked: { title: 'Blocked', flag: ' --blocked' },
  due: { title: 'Due in 7 days', flag: ' --due 7d' },
  expiring: { title: 'Expiring in 14 days', flag: ' --expiring 14d' },
  unused: { title: 'Never used', flag: ' --never-used' },
  shared: { title: 'Shared', flag: ' --shared' },
} as const;
type Shown = keyof typeof SHOWN;
const DAY_MS = 86_400_000;

const ORDERS: Readonly<Record<LoginOrder, string>> = {
  name: 'Name',
  next_rotation: 'Next rotation, where there is one',
  oldest_password: 'Oldest password, where it is known',
};

export interface FleetQuestion {
  readonly show: Shown;
  /** Empty: any. */
  readonly portal: string;
  /** Of all alone: what else is shown has an order of its own, by how long it is so. */
  readonly order: LoginOrder;
}

/** What cannot be asked for is not asked for. */
export const fleetQuestion = (query: Readonly<Record<string, unknown>>): FleetQuestion => {
  const { portal } = query;
  const show = typeof query.show === 'string' && Object.hasOwn(SHOWN, query.show) ? (query.show as Shown) : 'all';
  const order = LOGIN_ORDERS.find((each) => each === query.order) ?? 'name';
  return { show, portal: typeof portal === 'string' && isId(portal) ? portal : '', order: show === 'all' ? order : 'name' };
};

/** The same, as an address or a form says it. */
export const fleetQuery = ({ show, portal, order }: FleetQuestion): Readonly<Record<string, string>> => ({
  show,
  ...(portal === '' ? {} : { portal }),
  ...(order === 'name' ? {} : { order }),
});

export const fleetFilter = ({ show, portal }: FleetQuestion, now: Date): LoginFilter => ({
  ...(portal === '' ? {} : { portalTypeCode: portal }),
  ...(show === 'failing' ? { failing: true } : {}),
  ...(show === 'locked' ? { locked: true } : {}),
  ...(show === 'blocked' ? { blocked: true } : {}),
  ...(show === 'shared' ? { shared: true } : {}),
  ...(show === 'unused' ? { neverUsed: true } : {}),
  ...(show === 'due' ? { dueBefore: new Date(now.getTime() + 7 * DAY_MS) } : {}),
  ...(show === 'expiring' ? { expiresBefore: new Date(now.getTime() + 14 * DAY_MS) } : {}),
});

const TONES: Readonly<Record<LoginState, Tone>> = {
  locked: 'bad',
  blocked: 'bad',
  failing: 'bad',
  retired: 'calm',
  'not stored': 'warn',
  rotating: 'warn',
  'never used': 'calm',
  ok: 'good',
};

export const statePill = (login: FleetLogin): VNode => pill(loginStateOf(login), TONES[loginStateOf(login)]);

export interface FleetShown {
  readonly place: Place;
  readonly question: FleetQuestion;
  readonly portals: readonly string[];
  readonly found: LoginPage;
  /** For whoever may act on several at once; `null`: nobody who may, or logins of several organizations. */
  readonly token: string | null;
  readonly views: ViewsShown;
  readonly now: Date;
}

export function fleetPage({ place, question, portals, found: { logins, next }, token, views, now }: FleetShown): Markup {
  const path = `${place.base}/logins`;
  const query = {
    show: question.show,
    ...(question.portal === '' ? {} : { portal: question.portal }),
    ...(question.order === 'name' ? {} : { order: question.order }),
  };
  return [
    viewLinks(views),
    filters(path, question, portals),
    part('logins', [
      choosing(
        place,
        token,
        logins.length,
        table(
          'Logins',
          [
            ...(token === null ? [] : [{ title: 'Choose', cell: choice }]),
            { title: 'Login', cell: (login) => markup`<a href=${`/o/${login.orgId}/logins/${login.id}`}>${login.id}</a>` },
            { title: 'Standing', cell: statePill },
            ...(place.orgId === null ? [{ title: 'Organization', cell: (login: FleetLogin) => login.orgId }] : []),
            { title: 'Portal', cell: (login) => login.portalTypeCode },
            { title: 'Next rotation', cell: (login) => instant(login.nextRotationAt, now) },
            { title: 'Last in', cell: (login) => instant(login.lastAcceptedAt, now) },
            { title: 'Note', cell: (login) => noteOf(login, now) },
          ],
          logins,
          question.show === 'all' && question.order === 'name' && question.portal === ''
            ? 'There is no login here yet: add one with rcm endpoint add.'
            : 'No login is like that.',
        ),
      ),
      further(path, query, next && cursorOf(next)),
    ]),
    sameAs(
      `rcm logins${place.orgId === null ? '' : ` --org ${word(place.orgId)}`}${question.portal ? ` --portal ${word(question.portal)}` : ''}${SHOWN[question.show].flag}${question.order === 'name' ? '' : ` --order ${question.order}`}`,
    ),
    keepingViews(views),
  ];
}

const choice = ({ id }: FleetLogin): VNode => markup`<input type="checkbox" name="login" value=${id} aria-label=${`Choose ${id}`} />`;

/** Around the list, for whoever may act on several: what was ticked is looked at once more before anything is done. */
const choosing = (place: Place, token: string | null, count: number, list: VNode): VNode =>
  token === null || place.orgId === null || count === 0
    ? list
    : markup`<form method="post" action=${`/o/${place.orgId}/bulk`}><input type="hidden" name="token" value=${token} />${list}
        <p class="further"><button class="quiet">Act on the chosen ones</button></p></form>`;

const filters = (path: string, { show, portal, order }: FleetQuestion, portals: readonly string[]): VNode => markup`
  <form class="filters" method="get" action=${path}>
    <label>Show <select name="show">${Object.entries(SHOWN).map(
      ([value, { title }]) => markup`<option value=${value} selected=${value === show}>${title}</option>`,
    )}</select></label>
    <label>Portal <select name="portal"><option value="">any</option>${portals.map(
      (code) => markup`<option value=${code} selected=${code === portal}>${code}</option>`,
    )}</select></label>
    ${
      show === 'all' &&
      markup`<label>Order <select name="order">${LOGIN_ORDERS.map((each) => markup`<option value=${each} selected=${each === order}>${ORDERS[each]}</option>`)}</select></label>`
    }
    <button class="quiet">Show</button>
  </form>`;
