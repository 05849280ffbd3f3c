import type { Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import { HTTPException } from 'hono/http-exception';
import { changePassword } from '../../accounts/change-password.ts';
import { hasCodes, isRightCode, sendWhatIsAsked } from '../../accounts/second-factor.ts';
import { decideCode, decidePassword } from '../../accounts/sign-in.ts';
import { stageAfterLogin } from '../../accounts/stage-after-login.ts';
import { formatAmount, searchClaims, type Claim } from '../../claims/claims.ts';
import { nowMs, type Portal } from '../../portal.ts';
import { type Account, findAccount } from '../../records/accounts.ts';
import { habitsOf } from '../../records/habits.ts';
import { rememberDevice } from '../../records/known-devices.ts';
import type { Session, SessionStage } from '../../records/sessions.ts';
import { failChange } from '../../web/change-fault.ts';
import { requireToken } from '../../web/forms.ts';
import { createPortalApp, startSession, type PortalContext, type PortalEnv } from '../../web/portal-app.ts';
import { nameAt, signedIn } from '../../web/visitor.ts';
import { maintenancePage, readAssets, shell } from './shell.ts';

const COOKIE = 'borealis_sid';
const DEVICE_COOKIE = 'borealis_device';
const DEVICE_SECONDS = 30 * 24 * 3600;
const text = z.string().max(1000);

/** Borealis: one HTML page, scripts that draw it, and the JSON API below. What a visitor may do depends on the session's stage. */
export function borealisApp(portal: Portal): Hono<PortalEnv> {
  const assets = readAssets();
  const app = createPortalApp(portal, {
    cookieName: COOKIE,
    maintenance: (c) => (isApi(c) ? c.json({ problem: 'maintenance' }, 503) : c.html(maintenancePage, 503)),
    failure: (c, status) => c.json({ problem: status === 403 ? 'page_expired' : 'failure' }, status as 500),
  });
  const enter = (c: PortalContext, stage: SessionStage, username: string | null): Response => {
    startSession(portal, COOKIE, c, { stage, username });
    return c.json({ session: describe(portal, c.get('session')) });
  };
  const enterInside = (c: PortalContext, username: string): Response => enter(c, stageAfterLogin(portal, username).stage, username);

  app.get('/', (c) => c.html(shell));
  app.get('/assets/:name', (c) => {
    const script = assets.get(c.req.param('name'));
    return script === undefined ? c.notFound() : c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' });
  });
  app.get('/api/session', (c) => c.json({ session: describe(portal, c.get('session')) }));

  app.post('/api/identify', async (c) => {
    const { username } = await readPost(c, z.object({ username: text }));
    return enter(c, 'identified', portal.policy.keptUsername(username));
  });
  app.post('/api/password', async (c) => {
    const username = nameAt(c, 'identified');
    if (username === null) return signedOut(portal, c);
    const { password, device: mark = '' } = await readPost(c, z.object({ password: text, device: text.optional() }));
    const decision = await decidePassword(portal, { username, password, device: { token: getCookie(c, DEVICE_COOKIE) ?? '', mark } });
    if (decision === 'code_needed') return enter(c, 'code', username);
    return decision === 'accepted' ? enterInside(c, username) : c.json({ problem: decision }, 401);
  });
  app.post('/api/code', async (c) => {
    const username = nameAt(c, 'code');
    if (username === null) return signedOut(portal, c);
    const { code, remember } = await readPost(c, z.object({ code: text, remember: text.optional() }));
    const decision = decideCode(portal, username, code);
    if (decision === 'accepted' && remember !== undefined) becomeKnown(portal, c, username);
    if (decision === 'accepted') return enterInside(c, username);
    return c.json({ problem: decision === 'rejected' ? 'code_rejected' : decision }, 401);
  });

  app.post('/api/change-code', async (c) => {
    await readPost(c, z.object({}));
    const account = askedAtChange(portal, nameAt(c, 'signed_in', 'expired'));
    if (account) sendWhatIsAsked(portal, account);
    return c.json({});
  });
  app.post('/api/password-change', async (c) => {
    const username = nameAt(c, 'signed_in', 'expired');
    if (username === null) return signedOut(portal, c);
    const { code = '', ...typed } = await readPost(c, z.object({ current: text, next: text, repeated: text, code: text.optional() }));
    const asked = askedAtChange(portal, username);
    if (asked && !isRightCode(portal, asked, code)) return c.json({ problem: 'code_rejected' }, 422);
    const decision = await changePassword(portal, { username, sessionId: c.get('session').id, ...typed });
    if (decision.kind === 'fault') return failChange(c, decision.fault);
    return decision.kind === 'refused' ? c.json({ problem: decision.why }, 422) : enter(c, 'anonymous', null);
  });
  app.get('/api/claims', (c) => {
    const username = signedIn(c);
    if (username === null) return signedOut(portal, c);
    return c.json({ claims: searchClaims({ portal: portal.code, username }, c.req.query('number') ?? '').map(describeClaim) });
  });
  app.post('/api/sign-out', async (c) => {
    await readPost(c, z.object({}));
    return enter(c, 'anonymous', null);
  });
  return app;
}

/** The browser keeps the token in a cookie that no script reads, and the mark, which the answer's header tells its script, in its storage. */
function becomeKnown(portal: Portal, c: PortalContext, username: string): void {
  const { token, mark } = rememberDevice(portal.records, { portal: portal.code, username }, nowMs(portal) + DEVICE_SECONDS * 1000);
  setCookie(c, DEVICE_COOKIE, token, { httpOnly: true, sameSite: 'Lax', path: '/', maxAge: DEVICE_SECONDS });
  c.header('x-borealis-device', mark);
}

/** The account, where a change of its password asks for a code; else null. */
function askedAtChange(portal: Portal, username: string | null): Account | null {
  const account = username === null ? null : findAccount(portal.records, { portal: portal.code, username });
  return account && habitsOf(portal.records, 'borealis').changeAsksCode && hasCodes(portal, account) ? account : null;
}

const isApi = (c: PortalContext): boolean => c.req.path.startsWith('/api/');

/** Asked before the token: who was signed out by a change elsewhere reads so. Tells the page the session it has now, to sign in again from. */
const signedOut = (portal: Portal, c: PortalContext): Response => c.json({ problem: 'signed_out', session: describe(portal, c.get('session')) }, 401);

/** Refuses with 403 without the session's token, with 400 a body that is not what the page sends. */
async function readPost<T>(c: PortalContext, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await c.req.json().catch(() => null));
  if (!parsed.success) throw new HTTPException(400);
  requireToken(c, c.req.header('x-csrf-token') ?? '');
  return parsed.data;
}

function describe(portal: Portal, { stage, csrf, username }: Session): Readonly<Record<string, string | null>> {
  const shown = username !== null && stage === 'signed_in' && habitsOf(portal.records, 'borealis').expiryNotice;
  const expiresAt = shown ? findAccount(portal.records, { portal: portal.code, username })?.expiresAt : null;
  const changeAsks = askedAtChange(portal, stage === 'signed_in' || stage === 'expired' ? username : null) ? 'code' : null;
  return { stage, csrf, username, changeAsks, passwordExpiresOn: expiresAt ? new Date(expiresAt).toISOString().slice(0, 10) : null };
}

const describeClaim = (claim: Claim): Readonly<Record<string, string>> => ({
  number: claim.number,
  status: claim.status,
  amount: `${formatAmount(claim.amountCents)} USD`,
  serviceDate: claim.serviceDate,
  updatedDate: claim.decidedDate ?? claim.receivedDate,
});
