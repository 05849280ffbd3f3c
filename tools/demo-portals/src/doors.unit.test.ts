import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@rcm/test-services';
import { expect, test, vi } from 'vitest';
import { portalCodes } from './portal-code.ts';
import { guestAt } from './testing/guests.fixture.ts';
import { GOOD, openPortals } from './testing/portals.fixture.ts';
import { lastingPorts } from './testing/ports.fixture.ts';

test.each(portalCodes)('a second door of %s leads to the same accounts, tries, locks and changes', async (portal) => {
  await using portals = await openPortals();
  const [first, second] = GOOD[portal];
  await portals.control.seed({ portal, username: 'ANNA', password: first });
  const door = await portals.control.openDoor(portal);
  expect(door).not.toBe(portals.demo.portals[portal].baseUrl);
  const [www, app] = [() => portals.guest(portal), () => guestAt(portal, door)];
  await www().login('ANNA', 'wrong');
  await app().login('ANNA', 'wrong');
  expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ failedAttempts: 2 });
  const guest = app();
  expect(await guest.login('ANNA', first)).toBe('in');
  expect(await guest.change(first, second)).toBe('changed');
  expect(await www().login('ANNA', first)).toBe('rejected');
  expect(await www().login('ANNA', second)).toBe('in');
  await portals.control.mistype(portal, 'ANNA', 5);
  for (const visit of [www, app]) expect(await visit().login('ANNA', second)).toMatch(/locked|rejected/);
  expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ locked: true, accountsLocked: 1 });
});

test('a door is opened once, and is at the same address after a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-portals-'));
  const dataFile = join(folder, 'portals.db');
  const before = await openPortals({ dataFile, ports: await lastingPorts() });
  const port = await freePort();
  const [one, two] = await Promise.all([before.control.openDoor('alpine', port), before.control.openDoor('alpine', port)]);
  expect(one).toBe(two);
  await before.demo.close();
  await expect(fetch(one)).rejects.toThrow('fetch failed');
  const after = await openPortals({ dataFile });
  await vi.waitFor(async () => expect((await fetch(new URL('/login', one))).status).toBe(200), { timeout: 10_000 });
  expect(await after.control.openDoor('alpine')).toBe(one);
  await after.demo.close();
  await rm(folder, { recursive: true });
});

test('a door whose port is taken is refused in one sentence, and may be asked for again', async () => {
  await using portals = await openPortals();
  const port = Number(new URL(portals.demo.portals.cascade.baseUrl).port);
  expect(await portals.control.ask('POST', '/doors', { portal: 'alpine', port })).toEqual({
    status: 409,
    body: { error: `Port ${port} for alpine-second is already in use.` },
  });
  expect(await portals.control.openDoor('alpine')).toMatch(/^http:/);
});
