import type { Hono } from 'hono';
import { brokenRule } from '../../accounts/password-rules.ts';
import { decidePassword } from '../../accounts/sign-in.ts';
import type { Portal } from '../../portal.ts';
import { habitsOf } from '../../records/habits.ts';
import { readForm, requireToken } from '../../web/forms.ts';
import type { PortalContext, PortalEnv } from '../../web/portal-app.ts';
import { signedIn } from '../../web/visitor.ts';
import { CHANGE_TEXTS, confirmPage } from './password-page.ts';
import { turnAway } from './visits.ts';

/** More sessions than that have proved their password for a change only where nobody goes on to make it. */
const MOST_CONFIRMED = 1_000;

/** Which sessions have just typed the current password; a process that starts anew asks for it again. */
export class Confirmed {
  readonly #ids = new Set<string>();

  add(id: string): void {
    if (this.#ids.size >= MOST_CONFIRMED) this.#ids.clear();
    this.#ids.add(id);
  }

  /** Whether a change may be made in this session without the current password: once. */
  take(id: string): boolean {
    return this.#ids.delete(id);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }
}

/** What the habits `confirmsFirst` and `asksOpinion` add: the current password on a page of its own, which counts like a login; and a word on the new one while it is typed. */
export function addCarefulChange(app: Hono<PortalEnv>, portal: Portal, confirmed: Confirmed): void {
  app.post('/password/confirm', async (c) => {
    const username = signedIn(c);
    if (username === null) return turnAway(portal, c);
    const field = await readForm(c, '_csrf');
    const { id, csrf } = c.get('session');
    const decision = await decidePassword(portal, { username, password: field('current_password') });
    if (decision !== 'accepted' && decision !== 'code_needed') return c.html(confirmPage({ csrf, problem: decision }));
    confirmed.add(id);
    return c.redirect('/password', 303);
  });
  app.post('/password/opinion', async (c) => {
    if (signedIn(c) === null) return c.json({ problem: 'ended' }, 403);
    requireToken(c, c.req.header('x-csrf-token') ?? '');
    const { password } = await typedIn(c);
    const broken = brokenRule(portal.policy.rules, password);
    return c.json(broken === null ? { ok: true } : { ok: false, problem: CHANGE_TEXTS[broken] });
  });
}

/** Whether this visit has to type its current password first. */
export const mustConfirm = (portal: Portal, c: PortalContext, confirmed: Confirmed): boolean =>
  habitsOf(portal.records, 'alpine').confirmsFirst && !confirmed.has(c.get('session').id);

async function typedIn(c: PortalContext): Promise<{ readonly password: string }> {
  const body = (await c.req.json().catch(() => null)) as { readonly password?: unknown } | null;
  return { password: typeof body?.password === 'string' ? body.password : '' };
}
