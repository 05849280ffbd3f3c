import type { PortalCode } from '../portal-code.ts';
import { Visitor } from './visitor.fixture.ts';

/** One way to use any portal by HTTP alone. What an act came to is told by the portal's own words, put into few. */
export interface Guest {
  readonly visitor: Visitor;
  /** `in`, `expired`, `code`, `rejected` or `locked`; what the portal says, where it is none of them. */
  login(username: string, password: string, code?: string): Promise<string>;
  /** Types the new password twice. `changed`, or what the portal says. */
  change(current: string, next: string): Promise<string>;
  /** The same on the page that a login with an expired password leads to. */
  changeExpired(current: string, next: string): Promise<string>;
  isIn(): Promise<boolean>;
}

export function guestAt(portal: PortalCode, baseUrl: string): Guest {
  const visitor = new Visitor(baseUrl);
  return { alpine: alpineGuest, borealis: borealisGuest, cascade: cascadeGuest }[portal](visitor);
}

const textIn = (html: string, id: string): string => new RegExp(`id="${id}"[^>]*>(?:<b>)?([^<]*)`).exec(html)?.[1]?.trim() ?? html;

const alpineGuest = (visitor: Visitor): Guest => ({
  visitor,
  async login(username, password) {
    await visitor.get('/login');
    const { path, text } = await visitor.postForm('/login', { _csrf: visitor.token, username, password });
    if (path === '/home') return 'in';
    if (path === '/password/expired') return 'expired';
    const problem = textIn(text, 'sign-in-error');
    return problem.includes('incorrect') ? 'rejected' : problem.includes('locked') ? 'locked' : problem;
  },
  async change(current, next) {
    await visitor.get('/password');
    const fields = { _csrf: visitor.token, current_password: current, new_password: next, confirm_password: next };
    const { path, text } = await visitor.postForm('/password', fields);
    return path === '/password/changed' ? 'changed' : textIn(text, 'change-error');
  },
  async changeExpired(_, next) {
    await visitor.get('/password/expired');
    const fields = { _csrf: visitor.token, new_password: next, confirm_password: next };
    const { path, text } = await visitor.postForm('/password/expired', fields);
    return path === '/password/changed' ? 'changed' : textIn(text, 'change-error');
  },
  isIn: async () => (await visitor.get('/home')).path === '/home',
});

async function changeAtBorealis(visitor: Visitor, current: string, next: string): Promise<string> {
  await visitor.get('/api/session');
  const { status, text } = await visitor.postJson('/api/password-change', { current, next, repeated: next });
  return status === 200 ? 'changed' : (JSON.parse(text) as { problem: string }).problem;
}

const borealisGuest = (visitor: Visitor): Guest => ({
  visitor,
  async login(username, password, code) {
    await visitor.get('/api/session');
    await visitor.postJson('/api/identify', { username });
    let answer = await visitor.postJson('/api/password', { password });
    if (answer.text.includes('"stage":"code"') && code !== undefined) answer = await visitor.postJson('/api/code', { code });
    const { problem, session } = JSON.parse(answer.text) as { problem?: string; session?: { stage: string } };
    return problem ?? (session?.stage === 'signed_in' ? 'in' : (session?.stage ?? answer.text));
  },
  change: (current, next) => changeAtBorealis(visitor, current, next),
  changeExpired: (current, next) => changeAtBorealis(visitor, current, next),
  isIn: async () => (await visitor.get('/api/session')).text.includes('"stage":"signed_in"'),
});

const cascadeGuest = (visitor: Visitor): Guest => ({
  visitor,
  async login(username, password) {
    await visitor.get('/main');
    const { path, text } = await visitor.postForm('/signon', { TOKEN: visitor.token, USRID: username, PWD: password });
    if (text.includes('INF-005')) return 'expired';
    return path === '/main' ? 'in' : text.includes('ERR-017') ? 'rejected' : text;
  },
  async change(current, next) {
    await visitor.get('/password');
    const { text } = await visitor.postForm('/password', { TOKEN: visitor.token, OLDPWD: current, NEWPWD: next, NEWPWD2: next });
    return text.includes('INF-003') ? 'changed' : (/(ERR|INF|SYS)-\d+/.exec(text)?.[0] ?? text);
  },
  async changeExpired(current, next) {
    await visitor.get('/password');
    const { text } = await visitor.postForm('/expired', { TOKEN: visitor.token, OLDPWD: current, NEWPWD: next, NEWPWD2: next });
    return text.includes('INF-004') ? 'changed' : (/(ERR|SYS)-\d+/.exec(text)?.[0] ?? text);
  },
  isIn: async () => (await visitor.get('/main')).text.includes('SIGNED ON AS'),
});
