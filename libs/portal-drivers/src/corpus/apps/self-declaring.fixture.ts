import { type Account, type App, appPage, redirect } from './app-server.fixture.ts';

/** Everything is said by the pages themselves; the user name goes first, and a change asks for no current password. */
export function selfDeclaringApp(): App {
  const accounts = new Map<string, Account>();
  const started = new Map<string, string>();
  return {
    accounts,
    answer({ method, path, fields, user }) {
      if (path === '/.well-known/change-password') return redirect('/account/secret');
      if (path === '/who' && method === 'POST') {
        const ticket = Math.random().toString(36).slice(2);
        started.set(ticket, fields.user ?? '');
        return redirect(`/secret?ticket=${ticket}`);
      }
      if (path === '/secret' && method === 'GET') return appPage('self-declaring-secret');
      if (path === '/secret') {
        const name = started.get(fields.ticket ?? '') ?? '';
        if (accounts.get(name)?.password !== fields.secret)
          return appPage('self-declaring-login', { WORDS: 'We could not find an account with these details.' });
        return redirect('/home', { session: { user: name } });
      }
      if (!user) return appPage('self-declaring-login');
      if (path === '/account/secret' && method === 'POST') {
        const account = accounts.get(user);
        if (fields.one !== fields.two) return appPage('self-declaring-change', { WORDS: 'The two are not the same.' });
        if (account) account.password = fields.one ?? '';
        return redirect('/home?saved');
      }
      if (path === '/account/secret') return appPage('self-declaring-change');
      return appPage('self-declaring-home');
    },
  };
}
