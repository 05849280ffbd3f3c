import { afterAll, beforeAll, expect, test } from 'vitest';
import { MINUTE, openRowEnvironment, type RowEnvironment } from './row-environment.fixture.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment()));
afterAll(() => row?.close());

test('a secret that two accounts have is rotated for neither: the portal of the other one would know nothing of it', async () => {
  const [one, two] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('cascade')];
  const { fields } = await row.open(one.id);
  await row.testEnvironment.portals.createAccount({ portal: 'cascade', username: one.username, password: String(fields.password) });
  await row.sql(
    `UPDATE integration_endpoint e SET secret_arn = o.secret_arn, current_version = o.current_version FROM integration_endpoint o WHERE e.id = $1 AND o.id = $2`,
    [two.id, one.id],
  );
  await row.untilIn(two.id, { stepMs: MINUTE, atMostMs: 5 * MINUTE });
  const ended = await row.rotateToEnd(one.id);
  expect([await row.visit(one.id), await row.visit(two.id)]).toEqual(['in', 'in']);
  expect(ended).toMatch(/^not started: .*a secret of its own/);
});
