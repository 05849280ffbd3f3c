import { expect, test } from 'vitest';
import { GOOD, openPortals } from '../testing/portals.fixture.ts';

const [password] = GOOD.borealis;
const INBOX = 'codes@hospital.example';

test('accounts may share an inbox, which has every code of theirs and does not say whose it is', async () => {
  await using portals = await openPortals();
  for (const username of ['anna', 'bert']) await portals.control.seed({ portal: 'borealis', username, password, receivesCodes: true, inbox: INBOX });
  await portals.control.seed({ portal: 'borealis', username: 'carl', password, receivesCodes: true, inbox: '+15551230100' });
  for (const username of ['bert', 'anna', 'carl']) expect(await portals.guest('borealis').login(username, password)).toBe('code');
  const codesOf = async (username: string) =>
    ((await portals.control.ask('GET', `/accounts/borealis/${username}/sent-codes`)).body.codes as { code: string }[]).map(({ code }) => code);
  const messages = (await portals.control.ask('GET', `/inboxes/${INBOX}`)).body.messages as { to: string; from: string; text: string }[];
  expect(messages.map(({ to, from }) => [to, from])).toEqual(Array.from({ length: 2 }, () => [INBOX, 'codes@borealis.example']));
  expect(messages.map(({ text }) => /\d{6}/.exec(text)?.[0])).toEqual([...(await codesOf('bert')), ...(await codesOf('anna'))]);
  expect(messages.map(({ text }) => text).join()).not.toMatch(/anna|bert/);
  expect(await portals.guest('borealis').login('anna', password, (await codesOf('bert'))[0])).toBe('code_rejected');
});

test('an account is given another inbox by being set anew', async () => {
  await using portals = await openPortals();
  const account = { portal: 'borealis', username: 'anna', password, receivesCodes: true } as const;
  expect(await portals.control.seed({ ...account, inbox: INBOX })).toBe('created');
  expect(await portals.control.seed({ ...account, inbox: INBOX })).toBe('unchanged');
  expect(await portals.control.seed({ ...account, inbox: 'other@hospital.example' })).toBe('replaced');
  await portals.guest('borealis').login('anna', password);
  expect((await portals.control.ask('GET', `/inboxes/${INBOX}`)).body).toEqual({ messages: [] });
});
