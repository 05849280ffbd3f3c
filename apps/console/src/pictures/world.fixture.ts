import { migrateWithLogins } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';
import { tellStory } from '../story.fixture.ts';
import { openTestConsole, seed, type TestConsole } from '../testing.fixture.ts';

const PEOPLE = [
  { id: 'olga', name: 'Olga Operator', groups: ['all-operator'] },
  { id: 'arno', name: 'Arno Approver', groups: ['all-approver'] },
];
const NAMES: Readonly<Record<string, string>> = { 'Hospital 1': 'Lakeside Hospital' };

/** A console over a database of its own, in which the story of two hospitals has been told. `server`: a superuser's URL; default: the test run's. */
export async function openDemo(server?: string): Promise<TestConsole> {
  await using opened = new AsyncDisposableStack();
  const { url, drop } = await freshDatabase({ migrate: migrateWithLogins, ...(server === undefined ? {} : { server }) });
  opened.defer(drop);
  await seed(url);
  await tellStory(url, (plain) => NAMES[plain] ?? plain);
  const console = opened.adopt(await openTestConsole({ url, people: PEOPLE }), (each) => each.close());
  const rest = opened.move();
  return { ...console, close: () => rest.disposeAsync() };
}
