import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRowEnvironment, refusals, type RowEnvironment } from './row-environment.fixture.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment()));
afterAll(() => row?.close());

describe('an expired password', () => {
  it.each(isLongForm() ? (['alpine', 'cascade'] as const) : (['cascade'] as const))(
    'is changed through the form that %s demands before it lets anybody in',
    async (portal) => {
      const login = await row.testEnvironment.addEndpoint(portal);
      expect(await row.visit(login.id)).toBe('in');
      await row.testEnvironment.portals.expire(login);
      expect(await row.visit(login.id)).not.toBe('in');
      expect(await row.rotateToEnd(login.id)).toBe('done');
      expect(await row.visit(login.id)).toBe('in');
      expect(await row.testEnvironment.portalAcceptsStore(login.id)).toBe(true);
      const history = await row.history(login.id);
      expect(history).toMatchObject({ passwordsChanged: 1, locked: false });
      expect(refusals(history)).toEqual({ wrong: 0, atLocked: 0, lockedByUs: 0 });
    },
  );

  it('is found out where the answer to the forced change is lost', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    await row.testEnvironment.portals.expire(login);
    await row.testEnvironment.portals.setAccountFault(login, { fault: '500_after_commit', count: 1 });
    expect(await row.rotateToEnd(login.id)).toBe('done');
    expect(await row.visit(login.id)).toBe('in');
    expect(await row.history(login.id)).toMatchObject({ passwordsChanged: 1, locked: false });
  });
});
