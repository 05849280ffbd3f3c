import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parsePayload } from '@rcm/credentials';
import { Secret } from '@rcm/telemetry';
import { BUDGET, type Happening, ModelLogin, WINDOW_MS } from './model/rotator.fixture.ts';

// The machine imports the operations of libs/db by name; each is handed to the model that it was called with.
vi.mock('@rcm/db', async (original) => {
  const real = await original<object>();
  const [{ ModelDatabase }, { ModelWorld }] = await Promise.all([import('./model/database.fixture.ts'), import('./model/world.fixture.ts')]);
  const names = Object.keys(new ModelDatabase(new ModelWorld(), { budget: 0, windowMs: 0 }, '').operations());
  const handed = names.map((name) => [name, (db: { operations(): Record<string, Operation> }, ...rest: unknown[]) => db.operations()[name]?.(db, ...rest)]);
  const { MODEL_ENDPOINT } = await import('./model/endpoint.fixture.ts');
  return { ...real, ...Object.fromEntries(handed), getEndpoint: async () => MODEL_ENDPOINT };
});
type Operation = (...parameters: unknown[]) => unknown;

const RUNS = Number(process.env['RCM_MACHINE_RUNS'] ?? 3_000);
const CHANGE_ANSWERS = ['answered', 'error', 'dropped', 'not made', 'late', 'slow', 'not sent', 'twice', 'reused', 'long after'] as const;

const rotate = fc.record({
  kind: fc.constant('rotate' as const),
  diesAtStep: fc.option(fc.nat({ max: 90 }), { freq: 3 }),
  answers: fc.array(fc.constantFrom(...CHANGE_ANSWERS), { maxLength: 3 }),
  meanwhile: fc.option(fc.record({ step: fc.nat({ max: 90 }), kind: fc.constantFrom('edits the secret' as const, 'changes the password' as const) }), {
    freq: 3,
  }),
});
const duration = fc.constantFrom(10, 500, 3_000, 10_000, WINDOW_MS);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 10, arbitrary: rotate },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('recovery runs' as const), times: fc.integer({ min: 1, max: 6 }), everyMs: duration }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('time passes' as const), ms: duration }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('a person edits the secret' as const), note: fc.string({ maxLength: 5 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('a person changes the password everywhere' as const), password: fc.string({ minLength: 8, maxLength: 9 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'a person mistypes at the portal' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('the store fails' as const), calls: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('the portal is closed' as const), ms: duration }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('the portal says wrong password to everybody' as const), ms: fc.constantFrom(3_000, WINDOW_MS, 6 * WINDOW_MS) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('the portal is slow to know' as const), isSlow: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('the portal asks for more' as const),
      than: fc.constantFrom('no' as const, 'proves' as const, 'proves nothing' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'the database is copied' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'the copy is restored' as const }) },
);

const currentPassword = ({ store }: ModelLogin): string => parsePayload(new Secret(store.current)).reveal().password;

/** DESIGN "Invariants" 1, 2 and the promise to agents, at every moment. */
function expectInvariants(login: ModelLogin): void {
  expect(login.store.passwords(), 'the store holds what the portal ends up accepting').toContain(login.portal.ends);
  expect(login.portal.mostFailures, 'refused logins in a row').toBeLessThanOrEqual(BUDGET);
  expect(login.portal.lockouts).toBe(0);
  expect(login.broken).toEqual([]);
}

/** Everything is well again, and recovery runs as often as it likes: everything must end. */
async function heal(login: ModelLogin): Promise<void> {
  login.portal.illUntil = login.portal.unavailableUntil = login.store.failsFor = 0;
  login.portal.isSlowToKnow = false;
  login.portal.asksForMore = 'no';
  for (let round = 0; round < 80; round += 1) {
    const { open } = login.database;
    if (open?.state === 'blocked') return;
    // What a restored database has forgotten, or a portal has made long afterwards, is found when the login is due the next time.
    const isFoundLater = login.wasRestored || login.portal.wasLongAfter;
    if (!open && (!isFoundLater || currentPassword(login) === login.portal.ends)) return;
    await login.rotate(open ? 'recovery' : 'demand');
    login.world.now += WINDOW_MS / 4;
    expectInvariants(login);
  }
}

describe('the rotation machine, in any order of events and crashes', () => {
  it('never loses a password, never spends more than the budget, and always ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 12 }), async (happenings) => {
        const login = new ModelLogin();
        for (const next of happenings) {
          await login.happen(next);
          expectInvariants(login);
        }
        await heal(login);
        const { open } = login.database;
        expect(open, 'what is still open after everything was well for an hour').toBeNull();
        expect(currentPassword(login)).toBe(login.portal.ends);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  it('lets agents in only while what is current is what the portal accepts', async () => {
    const disturbing = new Set<Happening['kind']>([
      'the portal says wrong password to everybody',
      'the copy is restored',
      'a person changes the password everywhere',
      'the portal is slow to know',
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          happening.filter((next) => !disturbing.has(next.kind) && !(next.kind === 'rotate' && next.answers.includes('long after'))),
          { minLength: 1, maxLength: 8 },
        ),
        async (happenings) => {
          const login = new ModelLogin();
          for (const next of happenings) {
            await login.happen(next);
            if (login.database.letsAgentsIn) expect(currentPassword(login)).toBe(login.portal.ends);
          }
        },
      ),
      { numRuns: Math.ceil(RUNS / 3) },
    );
  }, 120_000);
});
