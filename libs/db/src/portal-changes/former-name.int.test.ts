import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import type { NewPortalType } from '../endpoints/endpoint.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { changedPortal, JANE } from './changed-portal.fixture.ts';
import { showPortalChange } from './list.ts';
import { decidePortalChange } from './propose.ts';
import { saveApprovedChange } from './save.ts';

let t: TestDatabase;
let operator: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterAll(() => t.close());

const JOHN = { actor: 'person:oidc:https://id.example#john', reason: 'read it' };
const DELAY = 'propagationDelayMs';

/** As a version wrote it that called the propagation delay `settleMs`. */
async function proposed(more: object = {}) {
  const { code, document } = await changedPortal(t, operator);
  const rest = Object.fromEntries(Object.entries(document).filter(([name]) => name !== DELAY));
  const text = JSON.stringify({ ...rest, settleMs: 2_500, ...more });
  const [row] = await operator.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ id: string }[]>`
      INSERT INTO portal_type_change (portal_type_code, document, actor, reason) VALUES (${code}, ${text}::jsonb, ${JANE}, 'r') RETURNING id::text`,
  );
  return { code, id: row?.id ?? '', rest };
}

test('what was proposed with the former name of the propagation delay is shown and saved with the one that it has now', async () => {
  const { code, id, rest } = await proposed();
  const document = (await showPortalChange(operator, { id }))?.document;
  expect(document).toEqual({ ...rest, [DELAY]: 2_500 });
  await decidePortalChange(operator, { id, decision: 'approved', ...JOHN });
  await saveApprovedChange(t.db, id, { portalType: document as unknown as NewPortalType, ...JOHN });
  expect(await t.sql('SELECT settle_ms FROM portal_type WHERE code = $1', [code])).toEqual([{ settle_ms: 2_500 }]);
});

test('and with both it is shown as it was written, for whoever saves it to refuse', async () => {
  const { id, rest } = await proposed({ [DELAY]: 1 });
  expect((await showPortalChange(operator, { id }))?.document).toEqual({ ...rest, settleMs: 2_500, [DELAY]: 1 });
});
