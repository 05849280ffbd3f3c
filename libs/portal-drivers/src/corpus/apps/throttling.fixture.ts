import { type Account, type Answer, type App, appPage, redirect } from './app-server.fixture.ts';

/** Two bad logins: wait five minutes, it says. Three: a captcha. Four: locked until a time of its own zone. The login is in a frame. */
export function throttlingApp(): App {
  const accounts = new Map<string, Account>();

  function login(name: string, password: string): Answer {
    const account = accounts.get(name);
    if (!account) return appPage('throttling-frame', { WORDS: 'Unknown member.' });
    const { failures } = account;
    if (failures >= 4) return appPage('throttling-frame', { WORDS: 'Locked until Mar 31, 2031 08:05 PM.' });
    if (failures === 3) return ((account.failures += 1), appPage('throttling-frame', { WORDS: 'Show that you are human: type the letters of the picture.' }));
    if (failures === 2) return ((account.failures += 1), appPage('throttling-frame', { WORDS: 'Too many attempts. Please wait 4:30 minutes.' }));
    if (account.password !== password) return ((account.failures += 1), appPage('throttling-frame', { WORDS: 'Not recognised.' }));
    account.failures = 0;
    return redirect('/notice', { session: { user: name } });
  }

  return {
    accounts,
    answer({ method, path, fields, user }) {
      if (path === '/frame') return method === 'POST' ? login(fields.m ?? '', fields.k ?? '') : appPage('throttling-frame');
      if (path === '/notice' && user) return appPage('throttling-notice');
      if (path === '/facility' && user) return appPage('throttling-facility');
      if (path === '/desk' && user) return appPage('throttling-desk', { FACILITY: fields.facility ?? 'kept' });
      return appPage('throttling-login');
    },
  };
}
