import { currentSession, get } from './api.js';
import { openChangeDialog } from './change-dialog.js';
import { element } from './elements.js';
import { claimsPage, expiredPage, homePage, menu } from './inside.js';
import { codePage, passwordPage, userNamePage } from './sign-in.js';
import { textOf } from './texts.js';

const root = document.getElementById('app');

const inside = () => (location.hash === '#claims' ? claimsPage : homePage);
const PAGES = { anonymous: () => userNamePage, identified: () => passwordPage, code: () => codePage, expired: () => expiredPage, signed_in: inside };

/** Draws the page of the session's stage, with one problem or notice. */
function show(problem = null) {
  const session = currentSession();
  // Who signs in again starts at home, not where the last session was.
  if (session.stage !== 'signed_in') history.replaceState(null, '', location.pathname);
  const page = PAGES[session.stage]()({ session, problem, show });
  document.title = `${page.title} – Borealis`;
  root.replaceChildren(
    element('header', {}, element('strong', {}, 'Borealis'), session.stage === 'signed_in' ? menu({ show }) : ''),
    element('main', { 'data-stage': session.stage }, element('h1', {}, page.title), ...page.body.filter((part) => part !== null)),
  );
  if (session.stage === 'expired') openChangeDialog({ mayCancel: false, show });
}

window.addEventListener('hashchange', () => show());

const start = await get('/api/session');
if (start.ok) show();
else root.replaceChildren(element('main', {}, element('p', { id: 'problem', class: 'problem', role: 'alert' }, textOf(start.problem))));
