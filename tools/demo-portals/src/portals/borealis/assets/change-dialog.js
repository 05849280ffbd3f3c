import { currentSession, post } from './api.js';
import { element, field, form, problemLine } from './elements.js';
import { textOf } from './texts.js';

const RULES = [
  '12 to 32 characters',
  'an upper-case letter, a lower-case letter, a digit and one of - ! @ # $ % ^ & * _, and nothing else',
  'no character more than twice in a row',
  'not the password you use now',
];
const NOTATION = 'minlength: 12; maxlength: 32; required: lower; required: upper; required: digit; required: [-!@#$%^&*_]; max-consecutive: 2;';

/** Opens the dialog over the present page, once a code has been sent where one is asked for. `mayCancel` is false where the password has expired. */
export async function openChangeDialog({ mayCancel, show }) {
  const asksCode = currentSession().changeAsks === 'code';
  if (asksCode) await post('/api/change-code');
  const problem = element('div', {});
  const send = async (values) => {
    problem.replaceChildren();
    const answer = await post('/api/password-change', {
      current: values['current-password'],
      next: values['new-password'],
      repeated: values['confirm-password'],
      code: values['change-code'],
    });
    if (answer.ok) return close('changed');
    if (answer.problem === 'signed_out') return close('signed_out');
    problem.replaceChildren(problemLine('change-problem', textOf(answer.problem)));
  };
  const close = (word) => {
    dialog.close();
    dialog.remove();
    if (word) show(word);
  };
  const dialog = element(
    'dialog',
    { id: 'change-dialog', 'aria-labelledby': 'change-title', oncancel: (event) => (mayCancel ? close(null) : event.preventDefault()) },
    element('h2', { id: 'change-title' }, 'Change your password'),
    element('ul', { id: 'password-rules' }, ...RULES.map((rule) => element('li', {}, rule))),
    problem,
    form(
      'change-form',
      'Save new password',
      send,
      field('current-password', 'Current password', { type: 'password', autocomplete: 'current-password' }),
      field('new-password', 'New password', { type: 'password', autocomplete: 'new-password', passwordrules: NOTATION }),
      field('confirm-password', 'Confirm new password', { type: 'password', autocomplete: 'new-password' }),
      asksCode ? field('change-code', 'Authentication code', { autocomplete: 'one-time-code', inputmode: 'numeric' }) : null,
    ),
    mayCancel ? element('button', { id: 'change-cancel', type: 'button', onclick: () => close(null) }, 'Cancel') : null,
  );
  document.body.append(dialog);
  dialog.showModal();
}
