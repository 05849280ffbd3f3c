import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { report } from './commands/report.ts';
import { resolve } from './commands/resolve.ts';
import { verify } from './commands/verify.ts';
import { ACT, RowAndSecret, SLOW_MS, stoppedAfterReading } from './resolve.fixture.ts';
import { rotate, scrubbing } from './testing.fixture.ts';

let w: RowAndSecret;

beforeEach(async () => {
  w = await RowAndSecret.open();
  await apply(w.migrator);
});
afterEach(() => w.close());

const scrubbed = async () => (await scrubbing(w.testEnvironment, w.migrator)).json;
const LEFT = { scrubbed: 0, failed: [{ code: 'state_conflict' }] };
/** How the login's organization stands, and how many of its logins are proved. */
const told = async () => ((await report(w.migrator)).json as { organizations: { stands: string; proved: number }[] }).organizations;

describe('of several looks at a login', { timeout: SLOW_MS }, () => {
  it('the one that began last says whether its row is scrubbed, whichever is written first', async () => {
    const slow = stoppedAfterReading(w.migrator, async () => {
      await w.storedByHand('not the portal’s');
      expect((await verify(w.migrator)).json).toMatchObject({ verified: 0, failed: [{ code: 'store_conflict' }] });
    });
    await verify(slow);
    expect(await told()).toMatchObject([{ stands: 'to be proved', proved: 0 }]);
    expect(await scrubbed()).toMatchObject(LEFT);
    expect([await w.inRow(), await w.inStore()]).toEqual([w.planned(), 'not the portal’s']);
  });

  it.each([
    ['before it knew what the store holds', 'before'],
    ['when it knew that the store holds something else', 'after'],
  ])('one whose database went away %s leaves no older proof', async (_, when) => {
    await verify(w.migrator);
    await w.storedByHand('not the portal’s');
    const cut = w.testEnvironment.migrator();
    const gone = async () => {
      await cut.db.close();
      if (when === 'before') throw new Error('the process dies');
    };
    await verify(stoppedAfterReading(cut, gone)).catch(() => null);
    expect(await scrubbed()).toMatchObject(LEFT);
    expect(await w.inRow()).toBe(w.planned());
  });

  it('that of a person’s decision is one: what was looked at since decides', async () => {
    await w.person.types(w.seed, 'typed');
    const slow = w.testEnvironment.migrator();
    const { stores } = slow;
    const forTenant: typeof stores.forTenant = (orgId) => {
      const store = stores.forTenant(orgId);
      return {
        ...store,
        async replace(...asked) {
          expect((await verify(w.migrator)).json).toMatchObject({ verified: 0, failed: [{ code: 'row_edited' }] });
          return store.replace(...asked);
        },
      };
    };
    const seen = await w.look();
    const decided = await resolve({ ...slow, stores: { ...stores, forTenant } }, { endpointId: w.seed.id, take: 'row', seen, proof: 'none', ...ACT });
    expect(decided).toMatchObject({ complete: true });
    expect(await scrubbed()).toMatchObject(LEFT);
    await verify(w.migrator);
    expect(await scrubbed()).toMatchObject({ scrubbed: 1, failed: [] });
  });

  it('two that are both right prove it', async () => {
    await verify(stoppedAfterReading(w.migrator, () => verify(w.migrator)));
    expect(await told()).toMatchObject([{ stands: 'plaintext to be removed', proved: 1 }]);
    expect(await scrubbed()).toMatchObject({ scrubbed: 1, failed: [] });
  });
});

describe('the report calls proved what a scrub would remove', { timeout: SLOW_MS }, () => {
  const proved = async () => (await told()).map((one) => one.proved);

  it('and nothing that was refuted since, or rotated', async () => {
    await verify(w.migrator);
    expect(await proved()).toEqual([1]);
    await rotate(w.testEnvironment, w.migrator, w.seed, (payload) => payload);
    expect([await proved(), (await scrubbed()).scrubbed]).toEqual([[0], 0]);
    await verify(w.migrator);
    expect([await proved(), (await scrubbed()).scrubbed]).toEqual([[1], 1]);
  });

  it('and no login that was typed into its row after it was scrubbed, but one that was rotated then', async () => {
    await verify(w.migrator);
    await scrubbed();
    await rotate(w.testEnvironment, w.migrator, w.seed, (payload) => payload);
    expect(await told()).toMatchObject([{ stands: 'done', proved: 1 }]);
    await verify(w.migrator);
    await w.person.types(w.seed, 'typed');
    await w.person.done();
    expect([await proved(), (await scrubbed()).scrubbed]).toEqual([[0], 0]);
  });
});
