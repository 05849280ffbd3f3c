import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '@rcm/telemetry';
import { parseRecipe } from '../index.ts';
import { corpusRecipe, version2 } from './corpus-recipe.fixture.ts';
import { CANARY, CorpusRun } from './corpus-run.fixture.ts';

let run: CorpusRun;
beforeAll(async () => {
  run = await CorpusRun.start();
});
afterEach(() => run.clear());
afterAll(() => run.close());

const portal = () => ({ host: run.portal.host, address: 'loopback' }) as const;

/** Requests to the other host that hold what was typed, however it is written there. */
const carried = () => {
  const forms = [CANARY.password, encodeURIComponent(CANARY.password)];
  return run.thief.seen.filter(({ url, body, method }) => method === 'UPGRADE' || forms.some((form) => url.includes(form) || body.includes(form)));
};

/** A login at the host that is called idp. */
const atIdp = (page: string) => ({
  steps: [
    { open: `{idp}/pages/${page}` },
    { fill: { into: { label: 'User name' }, with: { credential: 'username' } } },
    { fill: { into: { field: 'pass' }, with: { credential: 'password' } } },
    { press: { role: 'button', name: 'Sign in' }, submit: true },
  ],
  outcomes: [
    { when: { text: 'never' }, is: 'rejected' },
    { when: { url: '{idp}/pages/home/*' }, is: 'accepted' },
  ],
});

describe('a host by name', () => {
  const assets = () => ({ host: run.thief.host, address: 'loopback', name: 'assets' }) as const;
  const login = async (page: string, hosts: object) =>
    run.login(await run.session(version2({ login: `${page}/-` }, { hosts: { assets: hosts } }), { hosts: [portal(), assets()] }));

  it('that may not receive what is typed gives what the page loads with itself, and gets nothing more of it in any way that a page has', async () => {
    expect((await login('eavesdropper', {})).outcome.kind).toBe('accepted');
    expect(run.thief.seen.map(({ url }) => url)).toContain('/prefetched');
    expect(carried()).toEqual([]);
    expect(run.blocked.filter(({ reason }) => reason?.includes('may receive what is typed')).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['fetch', 'image', 'websocket', 'ping']),
    );
  });

  it('that may receive it gets it after the submit', async () => {
    const result = await login('confides', { secrets: true });
    expect(result).toMatchObject({ outcome: { kind: 'accepted' }, submitted: true });
    expect(carried().map(({ url }) => url)).toEqual(['/token']);
  });

  it('that may not gives its scripts to the pages behind the login, too', async () => {
    const recipe = version2(
      {
        task: {
          steps: [{ open: '/pages/with-assets/-' }],
          outcomes: [
            { when: { text: 'No.' }, is: 'nothing_found' },
            { when: { text: 'drawn by another host' }, is: 'found' },
          ],
          fields: { told: { in: { css: '#told' } } },
        },
      },
      { hosts: { assets: {} } },
    );
    const session = await run.session(recipe, { hosts: [portal(), assets()] });
    expect((await run.login(session)).outcome.kind).toBe('accepted');
    expect(await run.work(session)).toMatchObject({ kind: 'found', fields: { told: 'drawn by another host' } });
    expect(carried()).toEqual([]);
  });

  it('that may not receive what is typed hears nothing of a device either, from before the first page on, and gives its scripts all the same', async () => {
    const { hostname } = new URL(run.portal.origin);
    // Ports keep no cookies apart: the browser would send this one to the other host, too.
    const cookie = {
      name: 'known',
      value: 'cookie-of-a-device-4711',
      domain: hostname,
      path: '/',
      expires: -1,
      httpOnly: false,
      secure: false,
      sameSite: 'Lax',
    };
    const device = new Secret<object>({ origin: run.portal.origin, cookies: [cookie], storage: [{ name: 'known', value: 'storage-of-a-device-4711' }] });
    const recipe = version2({ login: 'tells-device/-' }, { hosts: { assets: {} }, device: { cookies: ['known'], storage: ['known'], days: 30 } });
    const session = await run.session(recipe, { hosts: [portal(), assets()] });
    expect((await run.login(session, { device })).outcome.kind).toBe('accepted');
    // The page had it, and what the other host draws.
    const [posted] = run.portal.seen.filter(({ method }) => method === 'POST').map(({ body }) => decodeURIComponent(body.replaceAll('+', ' ')));
    expect(posted).toContain('device=storage-of-a-device-4711 known=cookie-of-a-device-4711');
    expect(posted).toContain('drawn=drawn by another host');
    expect(run.thief.seen.map(({ url }) => url)).toEqual(expect.arrayContaining(['/assets.js', '/credentials']));
    expect(JSON.stringify(run.thief.seen)).not.toContain('device-4711');
    expect(run.thief.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('is opened and recognised by its name, wherever the portal type says that it is', async () => {
    const recipe = version2({}, { hosts: { idp: { host: 'moved.payer.example', secrets: true } }, login: atIdp('login/accepted') });
    const session = await run.session(recipe, { hosts: [portal(), { ...assets(), name: 'idp' }] });
    expect((await run.login(session)).outcome.kind).toBe('accepted');
    expect(run.thief.seen.filter(({ method }) => method === 'POST').map(({ url }) => url)).toContain('/answer/accepted');
  });

  it('that knows the device is given it, and the portal’s own is not', async () => {
    const recipe = version2({}, { hosts: { idp: { secrets: true } }, device: { host: 'idp', storage: ['known'], days: 30 }, login: atIdp('tells-device/-') });
    const at = (origin: string) => new Secret<object>({ origin, cookies: [], storage: [{ name: 'known', value: 'storage-of-a-device-4711' }] });
    for (const [origin, isKnown] of [
      [run.thief.origin, true],
      [run.portal.origin, false],
    ] as const) {
      run.thief.seen.length = 0;
      const session = await run.session(recipe, { hosts: [portal(), { ...assets(), name: 'idp' }] });
      const result = await run.login(session, { device: at(origin) });
      expect([result.outcome.kind, result.device?.state.reveal()]).toEqual(['accepted', isKnown ? at(origin).reveal() : undefined]);
      expect(run.thief.seen.some(({ method, body }) => method === 'POST' && body.includes('storage-of-a-device-4711'))).toBe(isKnown);
    }
    expect(JSON.stringify(run.portal.seen)).not.toContain('device-4711');
  });

  it.each([
    ['nobody says where it is', {}, /needs a host named idp, .*"name": "idp"/],
    [
      'the portal type does not declare where the recipe says that it is',
      { host: 'moved.payer.example' },
      /needs moved\.payer\.example, which its portal type does not declare/,
    ],
  ])('opens no session where %s', async (_why, idp, message) => {
    await expect(run.session(version2({}, { hosts: { idp } }))).rejects.toMatchObject({ code: 'recipe_invalid', message: expect.stringMatching(message) });
  });
});

describe('a sign-in that has moved', () => {
  const bounced = (to: string) => [{ open: `/bounce?to=${encodeURIComponent(to)}` }, ...corpusRecipe({}).login.steps.slice(1)];
  const login = async (to: string, more: Parameters<CorpusRun['session']>[1] = {}, hosts = {}) => {
    const recipe = version2({}, { login: { ...corpusRecipe({}).login, steps: bounced(to) }, hosts });
    return (await run.login(await run.session(recipe, more))).outcome;
  };

  it('to a host that nobody declared is named', async () => {
    expect(await login(`${run.thief.origin}/login`)).toEqual({
      kind: 'host_moved',
      host: run.thief.host,
      detail: `the sign-in leads to ${run.thief.host}, which is not a declared host`,
    });
    expect(run.thief.seen).toEqual([]);
  });

  it('to one whose name cannot be resolved is named', async () => {
    const hosts = [portal(), { host: 'gone.payer.example', address: 'public', name: 'idp' }] as const;
    const more = { hosts, plaintextAllowed: true, lookup: async () => [] };
    expect(await login('http://gone.payer.example/login', more, { idp: { secrets: true } })).toMatchObject({ kind: 'host_moved', host: 'gone.payer.example' });
  });

  it('is a portal that cannot be used to a recipe of version 1', async () => {
    const recipe = parseRecipe({ ...corpusRecipe({}), login: { ...corpusRecipe({}).login, steps: bounced(`${run.thief.origin}/login`) } });
    expect((await run.login(await run.session(recipe))).outcome.kind).toBe('unavailable');
  });
});

it('nothing that came back holds a typed value', () => {
  expect(run.returned.length).toBeGreaterThan(5);
  expect(run.leaked()).toEqual([]);
});
