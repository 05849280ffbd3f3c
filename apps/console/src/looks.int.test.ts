import { openDatabase } from '@rcm/db';
import { recordPortalLook } from '@rcm/db/acts';
import { asSuperuser, urlFor } from '@rcm/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mustBeHarmless } from './harmless.fixture.ts';
import { maskedPage } from './masked-page.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

/** What a rotator saw of a portal, as the page Portals shows it to people of the organization, and to nobody else. */
let w: TestConsole;
const ids: Record<string, string> = {};
beforeAll(async () => {
  w = await openTestConsole();
  const rotator = openDatabase({ url: urlFor('rcm_rotator', w.url), applicationName: 'rotator', role: 'rcm_rotator', maxConnections: 1 });
  for (const number of [1, 2])
    await recordPortalLook(rotator, {
      ...{ orgId: `hospital-${number}`, endpointId: `alpine-${number}`, portalTypeCode: 'alpine', actor: 'person:os:jane' },
      findings: [
        { part: 'login', what: 'open /login', state: 'there', detail: null },
        { part: 'login', what: `fill "Member of ${number}"`, state: number === 1 ? 'missing' : 'there', detail: number === 1 ? 'it did not show' : null },
        { part: 'login', what: 'wait', state: 'unseen', detail: 'only a login gets there' },
      ],
      pictures: [{ part: 'login', png: maskedPage() }],
    });
  await rotator.close();
  const db = openDatabase({ url: w.url, applicationName: 'test', maxConnections: 1 });
  const rows = await db.transaction('every tenant', (tx) => tx.$queryRaw<{ org: string; id: string }[]>`SELECT org_id AS org, id::text FROM portal_look`);
  for (const { org, id } of rows) ids[org] = id;
  await db.close();
});
afterAll(() => w?.close());

const picture = (base: string, org: string, part = 'login', code = 'alpine') => `${base}/portals/${code}/looks/${ids[org]}/${part}.png`;

test.each(['one-viewer', 'one-operator', 'one-approver', 'one-auditor'])(
  'an %s sees what was seen and what was not, when, through which login, and the picture',
  async (person) => {
    const browser = await w.browser(person);
    const page = await browser.get('/o/hospital-1/portals/alpine');
    mustBeHarmless(page, person);
    for (const words of [
      '1 not as the recipe says',
      'fill &quot;Member of 1&quot;',
      'it did not show',
      'only a login gets there',
      'person:os:jane',
      '>alpine-1</a>',
      'rcm login look ID',
    ])
      expect(page.text, words).toContain(words);
    expect(page.text).toContain('no picture, as none could be taken that is covered');
    for (const others of ['Member of 2', 'alpine-2', ids['hospital-2'] ?? '?']) expect(page.text).not.toContain(others);
    const [, address = ''] = /<img src="([^"]+)"/.exec(page.text) ?? [];
    expect(address).toBe(picture('/o/hospital-1', 'hospital-1'));
    const { status, headers } = await browser.get(address);
    expect([
      status,
      headers.get('content-type'),
      headers.get('cache-control'),
      headers.get('x-content-type-options'),
      headers.get('cross-origin-resource-policy'),
    ]).toEqual([200, 'image/png', 'no-store', 'nosniff', 'same-origin']);
  },
);

test('of all organizations, the newest of any is shown, and each picture is there', async () => {
  const browser = await w.browser('all-viewer');
  const page = await browser.get('/all/portals/alpine');
  mustBeHarmless(page, 'all');
  for (const words of ['Member of 2', '>alpine-2</a>', 'Earlier looks', '>alpine-1</a>']) expect(page.text).toContain(words);
  for (const org of ['hospital-1', 'hospital-2']) expect(await browser.get(picture('/all', org))).toMatchObject({ status: 200 });
});

test('another organization’s picture, one of another portal, part or look, and one for whoever has no role there is answered as none', async () => {
  const browser = await w.browser('one-operator');
  const missing = (await browser.get('/o/no-such-place/logins')).text;
  for (const path of [
    picture('/o/hospital-1', 'hospital-2'),
    picture('/o/hospital-2', 'hospital-2'),
    picture('/all', 'hospital-1'),
    picture('/o/hospital-1', 'hospital-1', 'session'),
    picture('/o/hospital-1', 'hospital-1', 'constructor'),
    picture('/o/hospital-1', 'hospital-1', 'login', 'none'),
    picture('/o/hospital-1', 'hospital-1').replace('.png', '.svg'),
    `/o/hospital-1/portals/alpine/looks/${crypto.randomUUID()}/login.png`,
    '/o/hospital-1/portals/alpine/looks/none/login.png',
  ]) {
    const { status, text } = await browser.get(path);
    expect([status, text], path).toEqual([404, missing]);
  }
  expect(await (await w.browser(null)).get(picture('/o/hospital-1', 'hospital-1'))).toMatchObject({ status: 303 });
});

test('says that nobody has looked yet, and that the portal type was saved since', async () => {
  const browser = await w.browser('one-viewer');
  await asSuperuser(w.url, [`UPDATE portal_type SET updated_at = now() + interval '1 minute' WHERE code = 'alpine'`]);
  expect((await browser.get('/o/hospital-1/portals/alpine')).text).toContain('the portal type was saved since. Look again.');
  await asSuperuser(w.url, [`DELETE FROM portal_look`]);
  expect((await browser.get('/o/hospital-1/portals/alpine')).text).toContain('Nobody has looked yet: an operator does');
  expect(await browser.get(picture('/o/hospital-1', 'hospital-1'))).toMatchObject({ status: 404 });
});
