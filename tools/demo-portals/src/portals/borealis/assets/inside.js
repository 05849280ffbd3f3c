import { get, post } from './api.js';
import { openChangeDialog } from './change-dialog.js';
import { element, field, form, problemLine } from './elements.js';
import { textOf } from './texts.js';

/** The pages behind the sign-in. */
export const homePage = ({ session, problem, show }) => ({
  title: 'Home',
  body: [
    problemLine('problem', problem && textOf(problem)),
    element('p', { id: 'welcome' }, `Signed in as ${session.username}`),
    session.passwordExpiresOn ? expiryNotice(session.passwordExpiresOn) : null,
    element('button', { id: 'open-change', type: 'button', onclick: () => openChangeDialog({ mayCancel: true, show }) }, 'Change password'),
  ],
});

const expiryNotice = (date) => element('p', { id: 'expiry-notice' }, 'Your password expires on ', element('time', { datetime: date }, date), '.');

export const expiredPage = ({ problem }) => ({
  title: 'Password expired',
  body: [
    problemLine('problem', problem && textOf(problem)),
    element('p', { id: 'password-expired' }, 'Your password has expired. You must choose a new password before you can continue.'),
  ],
});

export function claimsPage({ problem, show }) {
  const results = element('div', { id: 'results', 'aria-live': 'polite' });
  const search = async (values) => {
    results.replaceChildren();
    const answer = await get(`/api/claims?${new URLSearchParams({ number: values['claim-number'] })}`);
    if (answer.problem === 'signed_out') return show('signed_out');
    if (!answer.ok) return results.replaceChildren(problemLine('problem', textOf(answer.problem)));
    results.replaceChildren(
      answer.body.claims.length === 0 ? element('p', { id: 'no-claims' }, 'No claims found for this number.') : table(answer.body.claims),
    );
  };
  return {
    title: 'Claims',
    body: [
      problemLine('problem', problem && textOf(problem)),
      form('claims-form', 'Find', search, field('claim-number', 'Claim number', { maxlength: '40' })),
      results,
    ],
  };
}

const COLUMNS = [
  ['Claim', 'number'],
  ['Status', 'status'],
  ['Amount', 'amount'],
  ['Date of service', 'serviceDate'],
  ['Last update', 'updatedDate'],
];

const table = (claims) =>
  element(
    'table',
    { id: 'claims' },
    element('thead', {}, element('tr', {}, ...COLUMNS.map(([head]) => element('th', { scope: 'col' }, head)))),
    element('tbody', {}, ...claims.map((claim) => element('tr', {}, ...COLUMNS.map(([, key]) => element('td', {}, claim[key]))))),
  );

export const menu = ({ show }) =>
  element(
    'nav',
    { id: 'menu' },
    element('a', { href: '#home' }, 'Home'),
    ' ',
    element('a', { href: '#claims' }, 'Claims'),
    ' ',
    element('button', { id: 'sign-out', type: 'button', onclick: async () => show((await post('/api/sign-out')).problem) }, 'Sign out'),
  );
