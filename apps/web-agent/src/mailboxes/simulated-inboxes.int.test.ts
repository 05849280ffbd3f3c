import { keepStorage } from '@rcm/db/testing';
import { isLongForm } from '@rcm/test-services';
import { expect, it } from 'vitest';
import { openApiEnvironment } from '../http/api.fixture.ts';
import { SimulatedInboxes } from './simulated-inboxes.fixture.ts';

const LOGINS = isLongForm() ? 10_000 : 80;
/** Only ends what hangs. */
const TIMEOUT_MS = 6_000 * LOGINS;

/** Park and Miller’s, so that a story is told again by its number. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

it(`of ${LOGINS} logins on shared inboxes each has its own code or none, none is typed twice, and none is at rest`, { timeout: TIMEOUT_MS }, async () => {
  const seed = isLongForm() ? 1 + Math.floor(Math.random() * 1_000_000) : 20_261_130;
  const testEnvironment = await openApiEnvironment();
  await SimulatedInboxes.prepare(testEnvironment);
  const storage = await keepStorage(testEnvironment.owner);
  const story = new SimulatedInboxes({ testEnvironment, logins: LOGINS, random: randomOf(seed) });
  const { logins, own, none, wrong } = await story.tell();
  const found = await storage.holding(story.codes, 'alone');
  // What the database does know of them is found in the same way.
  const places = (await storage.holding(['inbound:mailbox'], 'alone')).map((name) => name.split('/')[0]);
  process.stdout.write(`${logins} logins, ${own} with their own code, ${none} with none (story ${seed})\n`);
  await storage.close();
  await testEnvironment.close();
  expect({ seed, wrong, found }).toEqual({ seed, wrong: [], found: [] });
  expect(new Set(places)).toEqual(new Set(['base', 'pg_wal']));
  expect(own).toBeGreaterThan(logins / 3);
  expect(none).toBeGreaterThan(0);
});
