import { type Account, type Answer, type App, appPage, json, type Visit } from './app-server.fixture.ts';

const CLAIMS = Array.from({ length: 7 }, (_, index) => ({
  number: `C-${index + 1}`,
  billed: `$${index + 1},0${index}0.50`,
  service: `0${index + 1}/15/2031`,
  paid: index % 2 ? '' : '12.00',
}));
const PAGE = 3;
export const REMITTANCE = `ISA*00*~${'CLP*C-1*1*1000.50~'.repeat(400)}`;

/** One document; everything else is drawn by its script from what it fetches. */
export function singlePageApp(): App {
  const accounts = new Map<string, Account>();

  function login({ fields }: Visit): Answer {
    const { user = '', secret = '' } = fields;
    const account = accounts.get(user);
    if (account?.password !== secret) return json({ error: 'bad' }, 401);
    return json({ expiresInDays: 12 }, 200, { session: { user } });
  }

  function change({ fields, user }: Visit): Answer {
    const account = accounts.get(user ?? '');
    const { current = '', next = '' } = fields;
    if (!account) return json({}, 403);
    if (account.password !== current) return json({ problem: 'The current password is not right.' }, 422);
    if (next.length > 40) return json({ problem: 'At most 40 characters, please.' }, 422);
    account.password = next;
    return json({ done: true });
  }

  function claims({ query, user }: Visit): Answer {
    if (!user) return json({}, 403);
    const found = CLAIMS.filter((claim) => claim.number.startsWith(query.get('number') ?? ''));
    const from = Number(query.get('from'));
    return json({ claims: found.slice(from, from + PAGE), more: from + PAGE < found.length });
  }

  return {
    accounts,
    answer(visit) {
      const route = `${visit.method} ${visit.path}`;
      if (route === 'POST /api/login') return login(visit);
      if (route === 'POST /api/password') return change(visit);
      if (route === 'POST /api/logout') return json({}, 200, { session: 'end' });
      if (route === 'GET /api/claims') return claims(visit);
      if (route === 'GET /api/me') return visit.user ? json({ user: visit.user }) : json({}, 403);
      if (route === 'GET /api/remittance') return visit.user ? { type: 'application/octet-stream', body: REMITTANCE } : json({}, 403);
      return appPage('single-page');
    },
  };
}
