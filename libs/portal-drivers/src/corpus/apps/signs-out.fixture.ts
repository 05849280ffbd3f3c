import { type Account, type App, appPage, redirect } from './app-server.fixture.ts';

/** A change is asked for by `confirm()` and signs out; the password that must change at the login has a page of its own; a card opens in a tab. */
export function signsOutApp(): App & { readonly mustChange: Set<string> } {
  const accounts = new Map<string, Account>();
  const mustChange = new Set<string>();
  return {
    accounts,
    mustChange,
    answer({ method, path, fields, user }) {
      if (path === '/login' && method === 'POST') {
        const name = fields.login ?? '';
        if (accounts.get(name)?.password !== fields.pw) return redirect('/login?e=1');
        return redirect(mustChange.has(name) ? '/renew' : '/start', { session: { user: name } });
      }
      if (path === '/login' || !user) return path === '/login' ? appPage('signs-out-login') : redirect('/login');
      if (method === 'POST' && (path === '/settings' || path === '/renew')) {
        const account = accounts.get(user);
        if (!account || (path === '/settings' && account.password !== fields.old)) return redirect(`${path}?e=1`);
        account.password = fields.new ?? '';
        mustChange.delete(user);
        return path === '/renew' ? redirect('/start?renewed') : redirect('/login', { session: 'end' });
      }
      if (path === '/logout') return redirect('/login', { session: 'end' });
      if (mustChange.has(user) && path !== '/renew') return redirect('/renew');
      if (path === '/settings') return appPage('signs-out-settings');
      if (path === '/renew') return appPage('signs-out-renew');
      if (path === '/card') return appPage('signs-out-card');
      return appPage('signs-out-start');
    },
  };
}
