import { Secret } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readRecipeFile, type Recipe } from '../index.ts';
import type { LoginResult } from '../outcome.ts';
import { type Account, DemoRun, nextPassword } from './demo-portals.fixture.ts';

let run: DemoRun;
let recipe: Recipe;
beforeAll(async () => {
  run = await DemoRun.start();
  recipe = await readRecipeFile('borealis-remembered');
});
afterEach(() => run.closeSessions());
afterAll(() => run.close());

interface Asked extends LoginResult {
  /** Whether the portal asked for a code. */
  readonly asked: boolean;
}

/** A login in a browser of its own, which is asked for a code or is not. */
async function login(account: Account, device: Secret<object> | null, by: Recipe = recipe): Promise<Asked> {
  const { mfaSeed: _seed, ...withoutSeed } = account;
  const before = (await sent(account)).length;
  const totp = async (): Promise<Secret<string>> => new Secret(String((await sent(account)).at(-1)?.code));
  const session = await run.session('borealis', { recipe: by });
  const result = await run.login(session, withoutSeed, { totp, device });
  await session.close();
  return { ...result, asked: (await sent(account)).length > before };
}
const path = ({ username }: Account): string => `/accounts/borealis/${username}`;
const sent = async (account: Account) => (await run.control('GET', `${path(account)}/sent-codes`)).codes as readonly { readonly code: string }[];
const known = async (account: Account) =>
  (await run.control('GET', `${path(account)}/devices`)).devices as readonly { readonly token: string; readonly mark: string; readonly used: number }[];

/** Every account and device of this file. */
const made: Account[] = [];
const given: unknown[] = [];
async function account(): Promise<Account> {
  const of = await run.account('borealis');
  await run.control('POST', '/accounts', { ...of, mfaSeed: null, receivesCodes: true });
  made.push(of);
  return of;
}
/** The device of a first login. */
async function remembered(of: Account): Promise<Secret<object>> {
  const { outcome, asked, device } = await login(of, null);
  expect([outcome.kind, asked, device?.isNew]).toEqual(['accepted', true, true]);
  given.push(device?.state);
  return device?.state ?? new Secret({});
}
const changed = (device: Secret<object>, from: string, to: string): Secret<object> =>
  device.map((state) => JSON.parse(JSON.stringify(state).replaceAll(from, to)) as object);

describe('a device that the portal remembers', () => {
  it('is asked for a code at its first login and at no other, is the same device then, and holds no session of the portal', async () => {
    const of = await account();
    const device = await remembered(of);
    const [first] = await known(of);
    expect(JSON.stringify(device.reveal())).toContain(first?.token);
    expect(JSON.stringify(device.reveal())).toContain(first?.mark);
    for (let time = 0; time < 2; time += 1) {
      const again = await login(of, device);
      expect([again.outcome.kind, again.asked, again.device?.isNew]).toEqual(['accepted', false, false]);
      expect(again.device?.state.reveal()).toMatchObject({ storage: [{ name: 'borealis.device', value: first?.mark }] });
    }
    expect(await known(of)).toMatchObject([{ used: 2 }]);
    // It holds nothing but what the recipe names: no session of the portal.
    expect(Object.keys(device.reveal())).toEqual(['origin', 'cookies', 'storage']);
    expect(device.reveal()).toMatchObject({ cookies: [{ name: 'borealis_device' }], storage: [{ name: 'borealis.device' }] });
    expect(JSON.stringify(device.reveal())).not.toContain('borealis_sid');
  });

  it('is asked as ever where half of it is missing, or it is forged, another account’s, forgotten, or another host’s', async () => {
    const [of, other] = [await account(), await account()];
    const device = await remembered(of);
    const [{ token, mark } = { token: '', mark: '' }] = await known(of);
    const forged = [
      changed(device, token, 'A'.repeat(token.length)),
      changed(device, mark, 'A'.repeat(mark.length)),
      changed(device, 'borealis_device', 'borealis_sid'),
      changed(device, '"origin":"http:', '"origin":"https:'),
      new Secret({ origin: 'not a state' }),
      device.map((state) => ({ ...state, cookies: 'none' })),
    ];
    // On a change a half that is forged, and one that is missing.
    for (const each of forged.filter((_, place) => isLongForm() || place === 1 || place === 2))
      expect(await login(of, each)).toMatchObject({ outcome: { kind: 'accepted' }, asked: true, device: { isNew: true } });
    expect(await login(other, device)).toMatchObject({ outcome: { kind: 'accepted' }, asked: true });
    await run.control('DELETE', `${path(of)}/devices`);
    expect(await login(of, device)).toMatchObject({ outcome: { kind: 'accepted' }, asked: true, device: { isNew: true } });
  });

  it('is asked again once the portal’s days are over, and after a change of the password', async () => {
    const of = await account();
    const device = await remembered(of);
    await run.control('POST', '/clock/advance', { ms: 31 * 24 * 3_600_000 });
    const later = await login(of, device);
    expect(later).toMatchObject({ outcome: { kind: 'accepted' }, asked: true });
    const session = await run.session('borealis', { recipe });
    const { mfaSeed: _seed, ...withoutSeed } = of;
    expect(await run.login(session, withoutSeed, { device: later.device?.state ?? null })).toMatchObject({ outcome: { kind: 'accepted' } });
    expect(await run.change(session, of, nextPassword(of).password)).toMatchObject({ kind: 'applied' });
    expect(await login(nextPassword(of), later.device?.state ?? null)).toMatchObject({ outcome: { kind: 'accepted' }, asked: true });
  });

  it('is not given, and not read, where the recipe names none', async () => {
    const of = await account();
    const device = await remembered(of);
    const { device: _device, ...without } = recipe;
    const ended = await login(of, device, without);
    expect(ended).toMatchObject({ outcome: { kind: 'accepted' }, asked: true });
    expect(ended.device).toBeUndefined();
  });

  it('is in nothing that was traced or returned', async () => {
    const words = (await Promise.all(made.map(known))).flat().flatMap(({ token, mark }) => [token, mark]);
    expect(words.length).toBeGreaterThan(6);
    for (const word of words) expect(word.length).toBeGreaterThan(15);
    for (const text of [JSON.stringify(run.traces), JSON.stringify(run.returned), String(given.at(-1))])
      for (const word of words) expect(text).not.toContain(word);
  });
});
