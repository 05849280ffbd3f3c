import { type Account, Logins } from '../ledger/account.fixture.ts';
import type { LoginEffect } from '../ledger/attempt.ts';
import type { TestDatabase } from '../testing.fixture.ts';
import { listWantedSearches } from './search.ts';

/** Searches for what the portal accepts, on a database that is opened later. */
export class Searches {
  private readonly opened: () => TestDatabase;
  private readonly logins: Logins;
  constructor(opened: () => TestDatabase) {
    this.opened = opened;
    this.logins = new Logins(opened);
  }

  /** Of which endpoints one is wanted, the longest wanted first. */
  async wanted(pauseMs = 0): Promise<string[]> {
    return (await listWantedSearches(this.opened().rotator, { limit: 1000, pauseMs })).map(({ endpointId }) => endpointId);
  }

  async isWanted(on: Account, pauseMs = 0): Promise<boolean> {
    return (await this.wanted(pauseMs)).includes(on.endpointId);
  }

  /** A login that the portal refuses. */
  async refuse(on: Account, effect: LoginEffect = 'bad', password = 'right'): Promise<void> {
    await this.logins.login(on, 'rejected', { effect, coolDownMs: 1_000, password });
  }
}
