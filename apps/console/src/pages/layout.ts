import type { VNode } from 'preact';
import { formToken } from '../access/form-token.ts';
import { EVERYWHERE, maySee, type Page, type Role, rolesIn } from '../access/roles.ts';
import type { Visitor } from '../sign-in/visitor.ts';
import { type Markup, markup } from '../web/markup.ts';
import { SCRIPT_PATH } from '../web/script.ts';
import { STYLE_PATH } from '../web/style.ts';

/** The organization that a page is about, or all of them. */
export interface Place {
  /** `null`: all. */
  readonly orgId: string | null;
  readonly name: string;
  /** What the addresses of its pages begin with. */
  readonly base: string;
}

export const ALL: Place = { orgId: null, name: 'All organizations', base: '/all' };
export const placeOf = ({ id, name }: { readonly id: string; readonly name: string }): Place => ({ orgId: id, name, base: `/o/${id}` });

interface Around {
  readonly title: string;
  readonly visitor: Visitor | null;
  readonly place?: Place;
  readonly roles?: readonly Role[];
  readonly page?: Page;
  /** Where it is told of what changes on it; `null`: it is not. */
  readonly changes?: string | null;
}

const PLACES: readonly { readonly page: Page; readonly title: string; readonly path: string; readonly ofAll: boolean }[] = [
  { page: 'fleet', title: 'Fleet', path: '/logins', ofAll: true },
  { page: 'rotations', title: 'Rotations', path: '/rotations', ofAll: true },
  { page: 'calendar', title: 'Calendar', path: '/calendar', ofAll: true },
  { page: 'portals', title: 'Portals', path: '/portals', ofAll: true },
  { page: 'migration', title: 'Migration', path: '/migration', ofAll: true },
  { page: 'tasks', title: 'Tasks', path: '/tasks', ofAll: true },
  { page: 'codes', title: 'Codes', path: '/codes', ofAll: true },
  { page: 'approvals', title: 'Approvals', path: '/approvals', ofAll: true },
  { page: 'notifications', title: 'Notifications', path: '/notifications', ofAll: true },
  { page: 'audit', title: 'Audit', path: '/audit', ofAll: false },
  { page: 'access', title: 'Access', path: '/access', ofAll: true },
  { page: 'system', title: 'System', path: '/system', ofAll: true },
];

/** A whole page: what is around it, and `content`. */
export const layout = ({ title, visitor, place, roles = [], page, changes = null }: Around, content: Markup): VNode => markup`
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>${title} · rcm</title>
      <link rel="stylesheet" href=${STYLE_PATH} />
      ${changes && markup`<script src=${SCRIPT_PATH} defer></script>`}
    </head>
    <body>
      <a class="skip" href="#main">Skip to the page</a>
      <header>
        <a class="home" href="/">rcm</a>
        ${place && visitor && navigation(place, roles, visitor, page)}
        ${visitor && account(visitor)}
      </header>
      <main id="main" tabindex="-1" data-changes=${changes ?? undefined}><h1>${title}</h1>${content}${changes && FOLLOWED}</main>
    </body>
  </html>`;

/** Shown by the script: a page without it says nothing of the kind. */
const FOLLOWED = markup`<div role="status">
    <p class="same" data-live="followed" hidden>What changes is shown here by itself.</p>
    <p class="same" data-live="stopped" hidden>What changes is not shown here any more: load the page again.</p>
  </div>`;

/** What is of the whole platform is shown to whoever has a role in every organization. */
const isShown = (page: Page, visitor: Visitor): boolean => page !== 'system' || rolesIn(visitor.roles, EVERYWHERE).length > 0;

const navigation = (place: Place, roles: readonly Role[], visitor: Visitor, current: Page | undefined): VNode => markup`
  <nav aria-label="Pages">
    <span class="place">${place.name}</span>
    ${PLACES.filter(({ page, ofAll }) => maySee(roles, page) && isShown(page, visitor) && (place.orgId !== null || ofAll)).map(
      ({ page, title, path }) => markup`<a href=${`${place.base}${path}`} aria-current=${page === current ? 'page' : undefined}>${title}</a>`,
    )}
  </nav>`;

const account = (visitor: Visitor): VNode => markup`
  <form class="account" method="post" action="/sign-out">
    <span>${visitor.name}</span>
    <input type="hidden" name="token" value=${formToken(visitor.sessionId)} />
    <button class="quiet">Sign out</button>
  </form>`;
