import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { scrub } from './commands/scrub.ts';
import { verify } from './commands/verify.ts';
import { readMigratorConfig } from './config.ts';
import { RowAndSecret, SLOW_MS, stoppedAfterReading } from './resolve.fixture.ts';
import { rotate, stored } from './testing.fixture.ts';

let w: RowAndSecret;

beforeEach(async () => {
  w = await RowAndSecret.open();
  await apply(w.migrator);
});
afterEach(() => w.close());

const PROOF_MINUTES = 0.08;
const LONGER_MS = 6_000;

const scrubbed = () =>
  scrub(w.migrator, { config: { ...readMigratorConfig(w.testEnvironment.environment), RCM_MIGRATOR_PROOF_MAX_AGE_MINUTES: PROOF_MINUTES }, removal: 'proved' });

describe('a store that was read long before it was said what it held', { timeout: SLOW_MS }, () => {
  it('proves nothing any more: the row keeps the password that the store has lost meanwhile', async () => {
    const slow = stoppedAfterReading(w.migrator, async () => {
      await w.storedByHand('not the portal’s');
      await new Promise((resolve) => setTimeout(resolve, LONGER_MS));
    });
    await verify(slow);
    expect((await scrubbed()).json).toMatchObject({ scrubbed: 0, failed: [{ endpointId: w.seed.id, code: 'state_conflict' }] });
    expect([await w.inRow(), await w.inStore()]).toEqual([w.planned(), 'not the portal’s']);
  });

  it('proves nothing of a row that names another version by then', async () => {
    const slow = stoppedAfterReading(w.migrator, () => rotate(w.testEnvironment, w.migrator, w.seed, (payload) => payload));
    expect((await verify(slow)).json).toMatchObject({ verified: 0, failed: [{ endpointId: w.seed.id, code: 'row_edited' }] });
    expect(await w.inRow()).toBe(w.planned());
    expect((await verify(w.migrator)).json).toMatchObject({ verified: 1, failed: [] });
    expect((await stored(w.migrator, w.seed)).version).toBe('2');
  });
});
