import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Demo } from '../demo.fixture.ts';
import { PortalProcess } from '../portal-process.fixture.ts';

let demo: Demo;
let door = '';
beforeAll(async () => {
  demo = await Demo.start();
  door = String((await demo.control('POST', '/doors', { portal: 'alpine' })).baseUrl);
  const signIn = { at: door, home: demo.baseUrl('alpine') };
  await demo.control('PUT', '/habits', {
    portal: 'alpine',
    habits: { cookieBanner: 'never', confirmsFirst: true, asksOpinion: true, claimsList: 'virtual', signIn },
  });
  await demo.account('alpine', 'ann', 'Old-password-1');
});
afterEach(() => PortalProcess.endAll());
afterAll(() => demo?.close());

const recipe = () => demo.patientRecipe('alpine-guarded');
const portal = () => ['--base-url', demo.baseUrl('alpine'), '--address', 'loopback'];
const idp = () => ['--host', `idp=${new URL(door).host}`];
const payload = JSON.stringify({ username: 'ann', password: 'Old-password-1' });

it('tries a recipe whose sign-in is at a host that the call names', async () => {
  const run = PortalProcess.piped(
    ['try', recipe(), ...portal(), ...idp(), '--task', 'claim_status', '--input', '{"claim_number":"CLM-10"}', '--json'],
    payload,
  );
  expect(await run.ended()).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({ login: { outcome: { kind: 'accepted' } }, task: { kind: 'found', rows: { length: 24 } } });
});

it('says which host nobody names, before it opens a page', async () => {
  const run = PortalProcess.piped(['try', recipe(), ...portal(), '--login-only'], payload);
  expect(await run.ended()).toBe(1);
  expect(run.stderr + run.stdout).toContain('The recipe alpine-guarded needs a host named idp');
});

it('looks at its pages, too', async () => {
  const run = PortalProcess.piped(['doctor', recipe(), ...portal(), ...idp()]);
  expect({ code: await run.ended(), out: run.stdout }).toEqual({ code: 0, out: expect.stringContaining('alpine-guarded') });
});
