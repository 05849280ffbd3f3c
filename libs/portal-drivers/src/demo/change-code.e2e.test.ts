import { Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type PortalSession, readRecipeFile } from '../index.ts';
import { type Account, DemoRun, nextPassword } from './demo-portals.fixture.ts';

let run: DemoRun;
beforeAll(async () => {
  run = await DemoRun.start();
  await run.control('PUT', '/habits', { portal: 'borealis', habits: { changeAsksCode: true } });
});
afterEach(() => run.closeSessions());
afterAll(() => run.close());

const session = async (): Promise<PortalSession> => run.session('borealis', { recipe: await readRecipeFile('borealis-remembered') });
const sent = async ({ username }: Account) =>
  (await run.control('GET', `/accounts/borealis/${username}/sent-codes`)).codes as readonly { readonly code: string; readonly typed: number }[];
const holds = async (of: Account) => [await run.accepts(of), await run.accepts(nextPassword(of))];

describe('a change that asks for a code, at borealis', () => {
  it('is made with one of the seed that the login has not used, and without one nothing is sent', async () => {
    const of = await run.account('borealis');
    const visit = await session();
    await run.login(visit, of);
    expect(await run.change(visit, of, nextPassword(of).password)).toEqual({ kind: 'refused', rule: 'code_wanted', submitted: false });
    expect(await holds(of)).toEqual([true, false]);
    expect(await run.change(visit, of, nextPassword(of).password, { totp: run.codesOf(of) })).toMatchObject({ kind: 'applied' });
    expect(await holds(of)).toEqual([false, true]);
  });

  it('is made with the one that was sent for it, and not with the login’s', async () => {
    const of = await run.account('borealis');
    const { mfaSeed: _seed, ...seedless } = of;
    await run.control('POST', '/accounts', { ...seedless, receivesCodes: true });
    const totp = (number: number) => async (): Promise<Secret<string>> => new Secret((await sent(of))[number]?.code ?? '');
    const visit = await session();
    expect((await run.login(visit, seedless, { totp: totp(0) })).outcome.kind).toBe('accepted');
    expect(await run.change(visit, of, nextPassword(of).password, { totp: totp(0) })).toEqual({ kind: 'refused', rule: 'code_refused', submitted: true });
    expect(await holds(of)).toEqual([true, false]);
    expect(await run.change(visit, of, nextPassword(of).password, { totp: async () => new Secret((await sent(of)).at(-1)?.code ?? '') })).toMatchObject({
      kind: 'applied',
    });
    expect([await holds(of), (await sent(of)).map(({ typed }) => typed)]).toEqual([
      [false, true],
      [2, 0, 1],
    ]);
  });
});
