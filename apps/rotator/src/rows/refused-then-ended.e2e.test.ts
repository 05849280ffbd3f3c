import { getEndpoint } from '@rcm/db';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MINUTE, openRowEnvironment, refusals, type RowEnvironment } from './row-environment.fixture.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment()));
afterAll(() => row?.close());

it('what a rotation found refused is searched for, though it ends for a new recipe before it has looked', async () => {
  const [login, other] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine')];
  expect(await row.rotateToEnd(login.id)).toBe('done');
  const { fields } = await row.open(login.id);
  await row.edit(login.id, { password: 'Not-what-the-portal-has-1' });
  await row.rotateDue(login.id);
  expect(refusals(await row.history(login.id))).toMatchObject({ wrong: 1 });
  expect(await row.visit(other.id)).toBe('in');
  const endpoint = await getEndpoint(row.testEnvironment.db, { orgId: login.orgId, endpointId: login.id });
  await row.setPortalType('alpine', { recipe: { ...(endpoint?.portalType.recipe as object), step_deadline_ms: 11_000 } });
  await row.pass(MINUTE);
  expect(await row.rotateToEnd(login.id)).toBe('abandoned');
  await row.pass(MINUTE);
  await row.mend();
  expect((await row.open(login.id)).fields.password).toBe(fields.password);
  expect(await row.visit(login.id)).toBe('in');
});
