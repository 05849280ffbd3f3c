import { assessPortalTypes } from '@rcm/db/rotation';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR, type Login, MINUTE, openRowEnvironment, refusals, type RowEnvironment } from './row-environment.fixture.ts';

/** How many logins at once: a portal's pages, and two cores, serve so many. */
const AT_ONCE = 4;
/** First used while it stands; so many more without a browser in `scripted-portal.int.test.ts`. */
const LOGINS = isLongForm() ? 40 : 8;

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment()));
afterAll(() => row?.close());

/** Every login visited by an agent; what each was told. */
async function visitAll(logins: readonly Login[]): Promise<string[]> {
  const left = [...logins];
  const told: string[] = [];
  const work = async () => {
    for (let login = left.pop(); login; login = left.pop()) told.push(await row.visit(login.id));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return told;
}

const closed = (isClosed: boolean) => row.testEnvironment.portals.setHabits('alpine', { closedSaysWrong: isClosed });
const triesOf = async (logins: readonly Login[]) => (await Promise.all(logins.map(({ id }) => row.history(id)))).flatMap(({ tries }) => tries).length;

describe('a maintenance page that says "wrong password"', () => {
  it('spoils neither of two logins that had worked, however long it stands', async () => {
    const logins = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine')];
    expect(await visitAll(logins)).toEqual(['in', 'in']);
    await closed(true);
    for (let round = 0; round < (isLongForm() ? 4 : 2); round += 1) {
      expect(await visitAll(logins)).not.toContain('in');
      await row.mend();
      await row.rotate(logins[0]?.id ?? '', row.patient).catch(() => undefined);
      await row.pass(20 * MINUTE);
    }
    await closed(false);
    for (const { id } of logins) expect(await row.untilIn(id, { stepMs: 10 * MINUTE, atMostMs: HOUR })).toBeLessThanOrEqual(HOUR);
    for (const { id } of logins) {
      expect(await row.rotateToEnd(id)).toBe('done');
      expect(await row.visit(id)).toBe('in');
      expect(await row.history(id)).toMatchObject({ locked: false, accountsLocked: 0, passwordsChanged: 1 });
    }
  });

  it(`spoils none of ${LOGINS} that are used for the first time while it stands, and stops their rotations`, async () => {
    const logins: Login[] = [];
    for (let number = 0; number < LOGINS; number += 1) logins.push(await row.testEnvironment.addEndpoint('alpine'));
    await closed(true);
    expect(await visitAll(logins)).not.toContain('in');
    await assessPortalTypes(row.rotator.db, row.rotator.breaker);
    const tried = await triesOf(logins);
    await row.pass(2 * MINUTE);
    for (const { id } of logins.slice(0, 3)) await row.rotateDue(id);
    expect(await triesOf(logins)).toBe(tried);
    await closed(false);
    await row.pass(HOUR);
    await row.mend();
    expect(new Set(await visitAll(logins))).toEqual(new Set(['in']));
    for (const { id } of logins) expect(refusals(await row.history(id))).toEqual({ wrong: 0, atLocked: 0, lockedByUs: 0 });
  });
});
