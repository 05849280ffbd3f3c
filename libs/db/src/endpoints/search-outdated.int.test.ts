import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, Logins } from '../ledger/account.fixture.ts';
import { forgetPasswords } from '../ledger/password.ts';
import { openTestDatabase, printOf, type TestDatabase } from '../testing.fixture.ts';
import { noteSearched, postponeSearch, startSearch, wantSearchIfOutdated } from './search.ts';
import { Searches } from './searches.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);
const searches = new Searches(() => t);

describe('an agent that may not try what the store holds, as the portal refused it', () => {
  const asksFor = (on: Account, password: string) => wantSearchIfOutdated(t.agent, { ...on, fingerprints: [printOf(password)] });
  /** `old` was refused and `new` accepted later; what that made anybody search for is done. */
  const outdated = async () => {
    const on = await logins.account({ propagationDelayMs: 0 });
    await searches.refuse(on, 'bad', 'old');
    await noteSearched(t.rotator, await startSearch(t.rotator, on));
    await logins.login(on, 'accepted', { password: 'new' });
    expect(await searches.isWanted(on)).toBe(false);
    return on;
  };

  test('has it searched where the account let somebody in by another one since then', async () => {
    const on = await outdated();
    await asksFor(on, 'old');
    expect(await searches.isWanted(on)).toBe(true);
  });

  test('leaves a search as it is that is wanted already, or waits', async () => {
    const on = await outdated();
    await asksFor(on, 'old');
    await postponeSearch(t.rotator, { ...(await startSearch(t.rotator, on)), forMs: 3_600_000 });
    await asksFor(on, 'old');
    expect(await searches.isWanted(on)).toBe(false);
  });

  test('has nothing searched where it was refused after that', async () => {
    const on = await outdated();
    await logins.age(on, 3_700);
    await searches.refuse(on, 'bad', 'old');
    await noteSearched(t.rotator, await startSearch(t.rotator, on));
    await asksFor(on, 'old');
    expect(await searches.isWanted(on)).toBe(false);
  });

  test.each(['new', 'never tried'])('has nothing searched where what it holds was never refused: %s', async (password) => {
    const on = await outdated();
    await asksFor(on, password);
    expect(await searches.isWanted(on)).toBe(false);
  });

  test('has nothing searched where what was accepted since then is stored no more', async () => {
    const on = await outdated();
    await forgetPasswords(t.rotator, { ...on, keep: [printOf('old')] });
    await asksFor(on, 'old');
    expect(await searches.isWanted(on)).toBe(false);
  });

  test('sees nothing of what other organizations did with the account', async () => {
    const firm = await outdated();
    const hospital = await logins.account(undefined, { loginIdentity: firm.loginIdentity });
    await asksFor(hospital, 'old');
    expect(await searches.isWanted(hospital)).toBe(false);
  });
});
