import { afterAll, beforeAll, expect, it } from 'vitest';
import { LOCKOUT, MINUTE, openRowEnvironment, type RowEnvironment } from './row-environment.fixture.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment()));
afterAll(() => row?.close());

it('the first rotation of the day, waiting to learn what its portal did, does not hold up the others until tomorrow', async () => {
  const [first, second] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine')];
  // The change is made and its answer lost; and then a person locks the account for as long as support does not answer.
  await row.testEnvironment.portals.setHabits('alpine', {
    lockout: { counts: 'consecutive', threshold: 3, windowMs: LOCKOUT, lastsMs: null, countsCodes: true },
  });
  await row.testEnvironment.portals.setAccountFault(first, { fault: '500_after_commit', count: 1 });
  await row.rotateDue(first.id);
  expect(await row.history(first.id)).toMatchObject({ passwordsChanged: 1 });
  await row.testEnvironment.portals.mistype(first, 3);
  await row.rotateDue(second.id);
  expect(await row.history(second.id)).toMatchObject({ passwordsChanged: 0 });
  // The first one asks its portal what became of the change, and meets the lock; from then on it is its own matter.
  await row.pass(5 * MINUTE);
  await row.rotate(first.id, row.patient);
  await row.rotateDue(second.id);
  expect(await row.history(second.id)).toMatchObject({ passwordsChanged: 1 });
  expect(await row.visit(second.id)).toBe('in');
});
