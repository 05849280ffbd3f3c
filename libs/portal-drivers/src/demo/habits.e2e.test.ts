import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BrowserPool } from '../index.ts';
import { browserForAll, DemoRun, nextPassword, wrong } from './demo-portals.fixture.ts';

// Habits and the time of portals are set here, so every test has portals of its own.
let pool: BrowserPool;
let run: DemoRun;
beforeAll(() => {
  pool = browserForAll();
});
afterAll(() => pool.close());
beforeEach(async () => {
  run = await DemoRun.start({ pool });
});
afterEach(async () => {
  await run.closeSessions();
  await run.close();
});

const HOUR_MS = 60 * 60_000;

describe('a change that the portal does not tell the truth about is what its page says', () => {
  const faults = [
    ['alpine', 'makes_it_after', { kind: 'unknown' }],
    ['borealis', 'says_too_short_makes_it', { kind: 'refused', rule: 'too_short' }],
    ['cascade', 'says_used_before_makes_it', { kind: 'refused', rule: 'reused' }],
    ['alpine', 'says_changed_does_not', { kind: 'applied' }],
  ] as const;

  // On a change one that makes it, whatever was said, and one that does not.
  it.each(faults.slice(isLongForm() ? 0 : 2))('at %s with %s', async (portal, fault, outcome) => {
    const of = await run.account(portal);
    const session = await run.session(portal);
    await run.login(session, of);
    await run.control('PUT', `/accounts/${portal}/${of.username}/faults`, { fault, delayMs: HOUR_MS, count: 1 });
    expect(await run.change(session, of, nextPassword(of).password)).toMatchObject({ ...outcome, submitted: true });
    const accepted = async () => [await run.accepts(of), await run.accepts(nextPassword(of))];
    expect(await accepted()).toEqual([true, false]);
    await run.control('POST', '/clock/advance', { ms: HOUR_MS });
    expect(await accepted()).toEqual(fault === 'says_changed_does_not' ? [true, false] : [false, true]);
  });
});

it('a portal that keeps 14 characters says changed, and those log in', async () => {
  await run.control('PUT', '/habits', { portal: 'alpine', habits: { keepsFirst: 14 } });
  const of = await run.account('alpine');
  const session = await run.session('alpine');
  await run.login(session, of);
  expect(await run.change(session, of, nextPassword(of).password)).toMatchObject({ kind: 'applied' });
  expect((await run.login(await run.session('alpine'), nextPassword(of))).outcome.kind).toBe('rejected');
  const cut = { ...of, password: [...nextPassword(of).password].slice(0, 14).join('') };
  expect((await run.login(await run.session('alpine'), cut)).outcome.kind).toBe('accepted');
});

describe('an account that is locked for ever', () => {
  const lockout = { counts: 'until_unlocked', threshold: 1, windowMs: null, lastsMs: null, countsCodes: true };
  const locked = [
    ['reads locked, with no end told', 'borealis', false, 'locked'],
    ['reads like a wrong password where there is one text', 'alpine', true, 'rejected'],
    ['reads locked, with no end told', 'alpine', false, 'locked'],
    ['reads like a wrong password where there is one text', 'borealis', true, 'rejected'],
  ] as const;

  it.each(locked.slice(0, isLongForm() ? 4 : 1))('%s, until support lifts it: %s', async (_, portal, oneText, kind) => {
    await run.control('PUT', '/habits', { portal, habits: { lockout, oneText } });
    const of = await run.account(portal);
    await run.login(await run.session(portal), wrong(of));
    expect((await run.login(await run.session(portal), of)).outcome).toEqual({ kind });
    await run.control('POST', `/accounts/${portal}/${of.username}/unlock`);
    expect((await run.login(await run.session(portal), of)).outcome.kind).toBe('accepted');
  });
});

it('one account behind two doors is one account', async () => {
  const of = await run.account('alpine');
  const { baseUrl } = await run.control('POST', '/doors', { portal: 'alpine' });
  const session = await run.session('alpine', { baseUrl: String(baseUrl) });
  await run.login(session, of);
  expect(await run.change(session, of, nextPassword(of).password)).toMatchObject({ kind: 'applied' });
  expect((await run.login(await run.session('alpine'), of)).outcome.kind).toBe('rejected');
  expect((await run.login(await run.session('alpine'), nextPassword(of))).outcome.kind).toBe('accepted');
});

// On a change the lock above, which reads the same.
it.each(isLongForm() ? (['alpine', 'borealis'] as const) : [])(
  'an account that nobody used for a month reads locked at %s, and one that was kept alive does not',
  async (portal) => {
    await run.control('PUT', '/habits', { portal, habits: { dormantAfterMs: 30 * 24 * HOUR_MS } });
    const [kept, left] = [await run.account(portal), await run.account(portal)];
    const later = () => run.control('POST', '/clock/advance', { ms: 20 * 24 * HOUR_MS });
    const ends = async (of: typeof kept) => (await run.login(await run.session(portal), of)).outcome;
    await later();
    expect((await ends(kept)).kind).toBe('accepted');
    await later();
    expect((await ends(kept)).kind).toBe('accepted');
    expect(await ends(left)).toEqual({ kind: 'locked' });
  },
);
