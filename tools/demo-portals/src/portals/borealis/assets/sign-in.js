import { post } from './api.js';
import { element, field, form, problemLine } from './elements.js';
import { textOf } from './texts.js';

/** The three pages of a sign-in. `show(problem)` draws whatever page the session is at now. */
export const userNamePage = ({ problem, show }) => ({
  title: 'Sign in',
  body: [
    problemLine('problem', problem && textOf(problem)),
    form(
      'user-name-form',
      'Next',
      async (values) => show((await post('/api/identify', { username: values['user-name'] })).problem),
      field('user-name', 'User name', { autocomplete: 'username', maxlength: '200' }),
    ),
  ],
});

export const passwordPage = ({ session, problem, show }) => ({
  title: 'Enter your password',
  body: [
    element('p', { id: 'signing-in-as' }, `Signing in as ${session.username}`),
    problemLine('problem', problem && textOf(problem)),
    form(
      'password-form',
      'Sign in',
      async (values) => show((await post('/api/password', { password: values.password, device: localStorage.getItem('borealis.device') ?? '' })).problem),
      field('password', 'Password', { type: 'password', autocomplete: 'current-password' }),
    ),
  ],
});

export const codePage = ({ problem, show }) => ({
  title: 'Enter your code',
  body: [
    element('p', {}, 'Open your authenticator app and enter the six digits it shows.'),
    problemLine('problem', problem && textOf(problem)),
    form(
      'code-form',
      'Verify',
      async (values) => show((await post('/api/code', { code: values.code, remember: values.remember })).problem),
      field('code', 'Authentication code', { inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: '10' }),
      element('p', {}, element('label', {}, element('input', { id: 'remember', name: 'remember', type: 'checkbox', value: 'yes' }), ' Remember this device')),
    ),
  ],
});
