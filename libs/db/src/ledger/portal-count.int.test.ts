import { randomUUID } from 'node:crypto';
import { isLongForm } from '@rcm/test-services';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NewPortalType } from '../endpoints/endpoint.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { type Account, BUDGET, Logins } from './account.fixture.ts';
import { clearLogin } from './clearance.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

test('the failure at which the portal locks is never ours, also where nothing is left to people', async () => {
  const on = await logins.account({ lockoutThreshold: 3, lockoutMargin: 0 });
  for (let failed = 1; failed < 3; failed += 1) await logins.login(on, 'rejected');
  expect(await logins.begin(on)).toMatchObject({ allowed: false, reason: 'budget_spent' });
  expect(await logins.left(on)).toBe(0);
});

const HOUR = 3_600;
/** Between whole hours, so that the seconds that a run takes decide nothing. */
const WINDOW_HOURS = 3.5;
const MODES = {
  'in a row, within a window': { lockoutCounts: 'consecutive', lockoutWindowSeconds: WINDOW_HOURS * HOUR },
  'in a row, for ever': { lockoutCounts: 'consecutive', lockoutWindowSeconds: null },
  'in a window': { lockoutCounts: 'window', lockoutWindowSeconds: WINDOW_HOURS * HOUR },
  'until somebody unlocks': { lockoutCounts: 'until_unlocked', lockoutWindowSeconds: null },
} as const satisfies Record<string, Partial<NewPortalType>>;
type Mode = (typeof MODES)[keyof typeof MODES];

type Typed = 'right' | 'wrong' | 'wrong code';

/** A portal's own count of one account, from what it is typed and nothing else. */
class PortalCount {
  private readonly mode: Mode;
  private readonly countsCodes: boolean;
  #now = 0;
  #failedAt: number[] = [];
  constructor(mode: Mode, countsCodes: boolean) {
    this.mode = mode;
    this.countsCodes = countsCodes;
  }

  pass(hours: number): void {
    this.#now += hours;
  }

  typed(what: Typed): void {
    if (what === 'wrong' || (what === 'wrong code' && this.countsCodes)) this.#failedAt.push(this.#now);
    if (what === 'right' && this.mode.lockoutCounts === 'consecutive') this.#failedAt = [];
  }

  unlock(): void {
    this.#failedAt = [];
  }

  get count(): number {
    return this.#failedAt.filter((at) => this.mode.lockoutWindowSeconds === null || this.#now - at < WINDOW_HOURS).length;
  }
}

/** One login that is under way. The portal may see it as soon as it is allowed, or only right before it answers. */
interface UnderWay {
  readonly on: Account;
  readonly loginAttemptId: string;
  readonly what: Typed;
  readonly isSeenLate: boolean;
  hours: number;
}

type Step =
  | { readonly kind: 'begin'; readonly what: Typed; readonly isSeenLate: boolean }
  | { readonly kind: 'answer' | 'die'; readonly which: number }
  | { readonly kind: 'pass'; readonly hours: number }
  | { readonly kind: 'unlock' };

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('begin' as const),
        what: fc.constantFrom<Typed>('right', 'wrong', 'wrong', 'wrong', 'wrong code'),
        isSeenLate: fc.boolean(),
      }),
    },
    { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('answer' as const, 'answer' as const, 'die' as const), which: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), hours: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('unlock' as const) }) },
  ),
  { minLength: 6, maxLength: 16 },
);

/** Plays the steps at ledger and portal; answers with the highest count that the portal ever had. */
async function play(endpoint: Account, portal: PortalCount, given: readonly Step[]): Promise<number> {
  const underWay: UnderWay[] = [];
  let highest = 0;
  const see = (what: Typed): void => {
    portal.typed(what);
    highest = Math.max(highest, portal.count);
  };
  const end = async (login: UnderWay, dies: boolean): Promise<void> => {
    if (login.isSeenLate) see(login.what);
    const outcome = { right: 'accepted', wrong: 'rejected', 'wrong code': 'mfa_rejected' } as const;
    if (!dies) await logins.end(login.on, login.loginAttemptId, outcome[login.what]);
    await releaseLease(t.agent, login.on);
  };
  for (const step of given) {
    switch (step.kind) {
      case 'begin': {
        const on = await logins.leased(endpoint);
        const answer = await logins.with(on, randomUUID());
        if (!answer.allowed) {
          await releaseLease(t.agent, on);
          break;
        }
        underWay.push({ on, loginAttemptId: answer.loginAttemptId, what: step.what, isSeenLate: step.isSeenLate, hours: 0 });
        if (!step.isSeenLate) see(step.what);
        break;
      }
      case 'answer':
      case 'die': {
        const [login] = underWay.splice(step.which % Math.max(underWay.length, 1), 1);
        // Nobody dies over a login that has lasted for hours: its browser is stopped long before.
        if (login) await end(login, step.kind === 'die' && login.hours === 0);
        break;
      }
      case 'pass':
        portal.pass(step.hours);
        for (const login of underWay) login.hours += step.hours;
        await logins.age(endpoint, step.hours * HOUR);
        break;
      case 'unlock':
        portal.unlock();
        await clearLogin(t.rotator, { ...endpoint, kind: 'unlocked', actor: 'person:os:jane', reason: 'support has called back' });
        break;
    }
  }
  for (const login of underWay) await end(login, false);
  return highest;
}

test.each(Object.entries(MODES))(
  'whatever happens, no portal that counts %s ever counts more failures than are ours to cause',
  { timeout: 600_000 },
  async (_, mode) => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), steps, async (lockoutCountsCodes, given) => {
        const endpoint = await logins.account({ ...mode, lockoutCountsCodes });
        const portal = new PortalCount(mode, lockoutCountsCodes);
        expect(await play(endpoint, portal, given)).toBeLessThanOrEqual(BUDGET);
        // And nothing is held back that the portal has forgotten, and that no process may send yet.
        await logins.age(endpoint, 25 * HOUR);
        if (mode.lockoutWindowSeconds === null)
          await clearLogin(t.rotator, { ...endpoint, kind: 'unlocked', actor: 'person:os:jane', reason: 'support has called back' });
        expect(await logins.left(endpoint)).toBe(BUDGET);
      }),
      { numRuns: isLongForm() ? 15 : 5 },
    );
  },
);
