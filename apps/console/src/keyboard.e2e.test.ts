import { isLongForm } from '@rcm/test-services';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACT_NAMES, CASES, expectsAct, expectsPage, isOfAll, PAGE_NAMES } from './access/cases.fixture.ts';
import { type Act, ROLES } from './access/roles.ts';
import type { Browser as Client } from './browser.fixture.ts';
import { launchChromium } from './chromium.fixture.ts';
import { countIn } from './harmless.fixture.ts';
import { type Focused, Keyboard } from './keyboard.fixture.ts';
import { loginFor, prepareActs, type ToDo } from './keyboard-acts.fixture.ts';
import { tellStory } from './story.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

/** Every act and page as each role that has it, in a real browser, by somebody who has no mouse. */
let w: TestConsole;
let chromium: Browser;
let toDo: ToDo;
/** Whose session an approver ends. */
let revoked: Client;
const pages = new Map<string, Promise<Page>>();

beforeAll(async () => {
  w = await openTestConsole();
  const { queuedTask } = await tellStory(w.url, (plain) => plain);
  toDo = await prepareActs(w, queuedTask);
  revoked = await w.browser('one-viewer');
  chromium = await launchChromium();
});
afterAll(async () => {
  await chromium?.close();
  await w?.close();
});

/** It only ends what hangs: a machine may be ten times as slow. */
const LONGEST_MS = 600_000;

/** Signed in, from the page that asks whoever is not, with the keyboard alone. */
function pageOf(person: string): Promise<Page> {
  const known = pages.get(person) ?? signIn(person);
  pages.set(person, known);
  return known;
}
async function signIn(person: string): Promise<Page> {
  const context = await chromium.newContext();
  context.setDefaultTimeout(LONGEST_MS);
  const page = await context.newPage();
  const keyboard = new Keyboard(page);
  await page.goto(`${w.origin}/`);
  await keyboard.to('Sign in', ({ text, tag }) => tag === 'A' && text === 'Sign in');
  await keyboard.enter();
  for (;;) {
    if (await page.evaluate((id) => document.activeElement?.getAttribute('value') === id, person)) break;
    await keyboard.press('Tab');
  }
  await keyboard.press('Enter');
  await page.waitForURL(`${w.origin}/`);
  return page;
}

/** Where somebody begins who wants to do it. */
function placeOf(act: Act): string {
  const ofLogin = `/o/hospital-1/logins/${loginFor(act)}`;
  switch (act) {
    case 'cancel':
      return `/o/hospital-1/tasks/${toDo.task}`;
    case 'answer':
      return `/o/hospital-1/codes/${toDo.code}`;
    case 'revoke':
      return '/o/hospital-1/access';
    case 'verify audit':
      return '/o/hospital-1/audit';
    case 'pause portals':
    case 'resume portals':
      return '/all/system';
    case 'stop migration':
    case 'dealt-with migration':
      return '/all/migration';
    case 'approve for portals':
    case 'decline for portals':
    case 'withdraw for portals':
      return '/all/approvals';
    default:
      return ofLogin;
  }
}

/** What is of the form by which it is done. */
function isOf(act: Act, { action, line }: Focused): boolean {
  const word = act.split(' ')[0] ?? '';
  if (act === 'revoke') return action.endsWith('/acts/revoke') && line.includes('One viewer');
  if (act === 'approve' || act === 'decline' || act === 'withdraw') return action.endsWith(`/${toDo.requests[act]}/acts/${word}`);
  if (act === 'approve for portals' || act === 'decline for portals' || act === 'withdraw for portals')
    return action === `/all/requests/${toDo.requests[act]}/acts/${word}`;
  if (act === 'stop migration') return action === `/all/migration/runs/${toDo.run}/acts/stop`;
  return action.endsWith(`/acts/${word}`);
}

/** Rows that say why it was done, and who it was. */
const rowsOf = (reason: string, person: string): Promise<number> =>
  countIn(
    w.url,
    `SELECT 1 FROM (SELECT to_jsonb(t)::text AS row FROM login_request t UNION ALL SELECT to_jsonb(t)::text FROM audit_event t) r
      WHERE r.row LIKE '%"${reason}"%' AND r.row LIKE '%#${person}"%'`,
  );

/** Read, and typed, by whoever asked, with a rotator at work: break-glass.e2e.test.ts and set.e2e.test.ts do it, without a mouse. */
const TRIED = ACT_NAMES.filter((act) => act !== 'read' && act !== 'type');
/** On a change each act by one of the roles that have it, in turn: who may, access.int.test.ts asks of all. */
const doing = TRIED.flatMap((act, n) => {
  const able = CASES.filter((each) => expectsAct(each, act) && each.where === (isOfAll(act) ? 'in every organization' : 'in this organization'));
  return able.filter((_, place) => isLongForm() || place === n % able.length).map(({ role, person }) => [act, role, person] as const);
});

test.each(doing)('%s is done by an %s with the keyboard alone', async (act, _role, person) => {
  const page = await pageOf(person);
  const keyboard = new Keyboard(page);
  const reason = `by keyboard: ${act}`;
  await page.goto(`${w.origin}${placeOf(act)}`);
  // A code is asked for by a page of its own, and typed where the focus is at once.
  if (act === 'answer') {
    await keyboard.to('the code', ({ name }) => name === 'code');
    await keyboard.type('730 116');
  } else {
    await keyboard.to(act, (focused) => focused.tag === 'SUMMARY' && isOf(act, focused));
    await keyboard.press('Enter');
  }
  // At the portal type that stands there first, somebody else has asked for the same.
  if (act === 'pause portals') {
    await keyboard.to('where', (focused) => focused.name === 'portal' && isOf(act, focused));
    await keyboard.press('End');
  }
  await keyboard.to('the reason', (focused) => focused.name === 'reason' && isOf(act, focused));
  await keyboard.type(reason);
  await keyboard.to('the button', (focused) => focused.tag === 'BUTTON' && isOf(act, focused));
  await keyboard.enter();
  expect(['Not done', 'Not known whether it was done', 'Nothing here']).not.toContain(await page.getByRole('heading', { level: 1 }).textContent());
  expect(await rowsOf(reason, person)).toBeGreaterThan(0);
  if (act === 'revoke') expect(await revoked.get('/o/hospital-1/logins')).toMatchObject({ status: 303 });
});

test('every act of the table is tried', () => expect([...new Set(doing.map(([act]) => act))]).toEqual(TRIED));

test('several logins are chosen and verified with the keyboard alone', async () => {
  const page = await pageOf('one-operator');
  const keyboard = new Keyboard(page);
  await page.goto(`${w.origin}/o/hospital-1/logins`);
  for (const login of ['alpine-well', 'alpine-well-2']) {
    await keyboard.to(login, ({ label }) => label === `Choose ${login}`);
    await keyboard.press('Space');
  }
  await keyboard.to('the button', ({ text }) => text === 'Act on the chosen ones');
  await keyboard.enter();
  await keyboard.to('verify', ({ tag, action }) => tag === 'SUMMARY' && action.endsWith('/bulk/acts/verify'));
  await keyboard.press('Enter');
  await keyboard.to('the reason', ({ name }) => name === 'reason');
  await keyboard.type('by keyboard: several');
  await keyboard.to('the button', ({ tag, action }) => tag === 'BUTTON' && action.endsWith('/bulk/acts/verify'));
  await keyboard.enter();
  expect(await rowsOf('by keyboard: several', 'one-operator')).toBe(2);
});

test.each(ROLES)('every page that an %s has is reached from the first one with the keyboard alone', async (role) => {
  const page = await pageOf(`all-${role}`);
  const keyboard = new Keyboard(page);
  const mine = CASES.find((each) => each.role === role && each.where === 'in every organization');
  if (!mine) throw new Error(`nobody is ${role}`);
  await page.goto(`${w.origin}/`);
  await keyboard.to('the hospital', ({ href }) => href.startsWith('/o/hospital-1/'));
  await keyboard.enter();
  // One login is reached by the list of all.
  for (const name of PAGE_NAMES.filter((each) => each !== 'login' && expectsPage(mine, each))) {
    await keyboard.to(name, ({ href, tag }) => tag === 'A' && href === `/o/hospital-1/${name === 'fleet' ? 'logins' : name}`);
    await keyboard.enter();
    expect((await page.getByRole('heading', { level: 1 }).textContent())?.toLowerCase()).toBe(name);
  }
  await page.goto(`${w.origin}/o/hospital-1/logins`);
  await keyboard.press('Tab');
  expect((await keyboard.focused()).text).toBe('Skip to the page');
  await keyboard.press('Enter');
  await keyboard.press('Tab');
  expect((await keyboard.focused()).name).toBe('show');
  await keyboard.to('a login', ({ href }) => href === '/o/hospital-1/logins/alpine-failing');
  await keyboard.enter();
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('alpine-failing');
});
