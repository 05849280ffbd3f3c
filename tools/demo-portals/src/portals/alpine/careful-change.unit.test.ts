import { describe, expect, test } from 'vitest';
import { GOOD, openPortals } from '../../testing/portals.fixture.ts';

const [first, second] = GOOD.alpine;

async function openSignedIn(habits: Readonly<Record<string, unknown>>) {
  const portals = await openPortals();
  await portals.control.habits('alpine', habits);
  await portals.control.seed({ portal: 'alpine', username: 'ANNA', password: first });
  const guest = portals.guest('alpine');
  await guest.login('ANNA', first);
  const { visitor } = guest;
  return {
    ...portals,
    visitor,
    confirm: (password: string) => visitor.postForm('/password/confirm', { _csrf: visitor.token, current_password: password }),
    change: () => visitor.postForm('/password', { _csrf: visitor.token, new_password: second, confirm_password: second }),
    tries: async () => (await portals.control.history('alpine', 'ANNA')).tries.map(({ ended }) => ended),
    [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose](),
  };
}

describe('alpine with the habit confirmsFirst', () => {
  test('takes no change before the current password was typed on its own page, and then one', async () => {
    await using portals = await openSignedIn({ confirmsFirst: true });
    await portals.visitor.get('/password');
    expect((await portals.change()).text).toContain('Confirm that it is you');
    expect((await portals.confirm(first)).path).toBe('/password');
    expect((await portals.change()).path).toBe('/password/changed');
    expect((await portals.visitor.get('/password')).text).toContain('Confirm that it is you');
    expect(await portals.control.accepts('alpine', 'ANNA', second)).toBe(true);
  });

  test('counts a wrong one like a wrong login, and locks', async () => {
    await using portals = await openSignedIn({ confirmsFirst: true });
    await portals.visitor.get('/password');
    expect((await portals.confirm('wrong')).text).toContain('Your current password is not correct.');
    await portals.confirm('wrong');
    expect((await portals.confirm('wrong')).text).toContain('Your account is locked');
    expect((await portals.confirm(first)).text).toContain('Your account is locked');
    expect(await portals.tries()).toEqual(['accepted', 'wrong', 'wrong', 'wrong', 'locked']);
  });
});

test('alpine with the habit asksOpinion says of a new password what its rules say, and counts nothing', async () => {
  await using portals = await openSignedIn({ asksOpinion: true });
  await portals.visitor.get('/password');
  const opinion = async (password: string) => JSON.parse((await portals.visitor.postJson('/password/opinion', { password })).text) as unknown;
  expect([await opinion('short'), await opinion(second)]).toEqual([{ ok: false, problem: 'Your new password is too short.' }, { ok: true }]);
  expect(await portals.tries()).toEqual(['accepted']);
});

test('alpine with the habit signIn has its sign-in at the other address, and comes back', async () => {
  await using portals = await openPortals();
  const at = await portals.control.openDoor('alpine');
  const home = portals.demo.portals.alpine.baseUrl;
  await portals.control.habits('alpine', { signIn: { at, home } });
  const answer = await fetch(`${home}/home`, { redirect: 'manual' });
  expect(answer.headers.get('location')).toBe(`${at}/login?ended`);
  expect((await fetch(`${home}/login`, { redirect: 'manual' })).headers.get('location')).toBe(`${at}/login`);
  expect((await fetch(`${at}/login`)).status).toBe(200);
});
