import { type ConsoleView, LONGEST_VIEW_NAME } from '@rcm/db/acts';
import { type Markup, markup } from '../web/markup.ts';
import type { Place } from './layout.ts';

export interface ViewsShown {
  readonly place: Place;
  /** Every one that the person keeps. */
  readonly views: readonly ConsoleView[];
  /** What is shown now, as fields of a form. */
  readonly query: Readonly<Record<string, string>>;
  /** Of the session, for its forms. */
  readonly token: string;
}

const own = ({ place, views }: ViewsShown): readonly ConsoleView[] => views.filter(({ path }) => path.startsWith(`${place.base}/logins?`));

/** What somebody has kept of this place, one link each. */
export const viewLinks = (shown: ViewsShown): Markup =>
  own(shown).length > 0 && markup`<nav aria-label="Views">${own(shown).map(({ name, path }) => markup`<a href=${path}>${name}</a>`)}</nav>`;

/** To keep what is shown, and to forget what was kept. */
export const keepingViews = (shown: ViewsShown): Markup => markup`
  <section class="acts"><details class="act"><summary>Views</summary>
    <p>What is shown is kept under a name, for you alone, as a link: what it leads to is looked up each time.</p>
    <form class="filters" method="post" action=${`${shown.place.base}/views`}>
      <input type="hidden" name="token" value=${shown.token} />
      ${Object.entries(shown.query).map(([name, value]) => markup`<input type="hidden" name=${name} value=${value} />`)}
      <label>Name <input name="name" required maxlength=${LONGEST_VIEW_NAME} autocomplete="off" /></label>
      <button class="quiet">Keep</button>
    </form>
    ${own(shown).map(
      ({ name }) => markup`<form class="filters" method="post" action=${`${shown.place.base}/views/forget`}>
        <input type="hidden" name="token" value=${shown.token} /><input type="hidden" name="name" value=${name} />
        <button class="quiet">Forget ${name}</button></form>`,
    )}
  </details></section>`;
