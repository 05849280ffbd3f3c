import { expect, test } from 'vitest';
import { GOOD, openPortals } from '../testing/portals.fixture.ts';

const [PASSWORD, OTHER] = GOOD.borealis;
const HOUR_MS = 3_600_000;

/** From noon in Greenwich on, which is seven o'clock in New York. */
async function openWithCodes(dayCodes: 'none' | 'sent_once' | 'sent_again') {
  const portals = await openPortals();
  await portals.control.habits('borealis', { dayCodes });
  for (const username of ['anna', 'ben']) await portals.control.seed({ portal: 'borealis', username, password: PASSWORD, receivesCodes: true });
  const sent = async (username = 'anna') =>
    (await portals.control.ask('GET', `/accounts/borealis/${username}/sent-codes`)).body.codes as { code: string; typed: number }[];
  return {
    ...portals,
    sent,
    /** What the last message says. */
    last: async (username?: string) => (await sent(username)).at(-1)?.code ?? '',
    login: (code?: string, username = 'anna') => portals.guest('borealis').login(username, PASSWORD, code),
    newCode: () => portals.control.ask('POST', '/accounts/borealis/anna/sent-codes'),
    [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose](),
  };
}

test('a code that was sent is good once, and not for the next login', async () => {
  await using portals = await openWithCodes('none');
  expect(await portals.login()).toBe('code');
  const first = await portals.last();
  // Each login is sent one of its own.
  expect([await portals.login(first), (await portals.sent()).map(({ typed }) => typed)]).toEqual(['code_rejected', [1, 0]]);
});

test.each([
  ['sent_once', 1],
  ['sent_again', 3],
] as const)('a code for the day is good all day, and %s', async (habit, messages) => {
  await using portals = await openWithCodes(habit);
  await portals.login();
  const code = await portals.last();
  expect([await portals.login(code), await portals.login(code)]).toEqual(['in', 'in']);
  expect((await portals.sent()).map((each) => each.code)).toEqual(Array.from({ length: messages }, () => code));
  await portals.control.advance(16 * HOUR_MS);
  expect(await portals.login(code)).toBe('in');
  await portals.control.advance(HOUR_MS);
  // Midnight in New York: it is another day, and its first login is sent another one.
  expect(await portals.login(code)).toBe('code_rejected');
  expect(await portals.login(await portals.last())).toBe('in');
});

test('a code for the day is no other account’s, and none once a new one was sent', async () => {
  await using portals = await openWithCodes('sent_once');
  await portals.login();
  await portals.login(undefined, 'ben');
  const code = await portals.last();
  expect(await portals.login(code, 'ben')).toBe('code_rejected');
  await portals.newCode();
  expect([await portals.login(code), await portals.login(await portals.last())]).toEqual(['code_rejected', 'in']);
});

test('a change that asks for a code has one sent when its dialog opens, and is made with the right one alone', async () => {
  await using portals = await openWithCodes('none');
  await portals.control.habits('borealis', { changeAsksCode: true });
  const guest = portals.guest('borealis');
  await guest.login('anna', PASSWORD);
  expect(await guest.login('anna', PASSWORD, await portals.last())).toBe('code_rejected');
  await guest.visitor.postJson('/api/code', { code: await portals.last() });
  const change = async (code?: string): Promise<number> => {
    const typed = { current: PASSWORD, next: OTHER, repeated: OTHER, ...(code === undefined ? {} : { code }) };
    return (await guest.visitor.postJson('/api/password-change', typed)).status;
  };
  expect([await change(), await change('000000x')]).toEqual([422, 422]);
  const before = (await portals.sent()).length;
  expect((await guest.visitor.postJson('/api/change-code', {})).status).toBe(200);
  expect((await portals.sent()).length).toBe(before + 1);
  expect(await change(await portals.last())).toBe(200);
  expect(await portals.control.accepts('borealis', 'anna', OTHER)).toBe(true);
});
