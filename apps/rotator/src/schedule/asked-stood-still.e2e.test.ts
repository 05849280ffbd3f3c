import { askAct, decideAct, endLeftActs, listAskedActs } from '@rcm/db/acts';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { refusals, type RowEnvironment, openRowEnvironment } from '../rows/row-environment.fixture.ts';
import type { Rotator } from '../rotator.ts';
import { doAskedActs } from './asked-acts.ts';

/** A rotator takes what a person asked for, stands still for as long as it takes others to go on, and then does what it has taken. */
let row: RowEnvironment;
beforeAll(async () => {
  row = await openRowEnvironment();
});
afterEach(() => row.sql('DELETE FROM login_request', []));
afterAll(() => row?.close());

const [JANE, JOHN] = ['person:oidc:https://id.example#jane', 'person:oidc:https://id.example#john'] as const;

function standsStill(rotator: Rotator, meanwhile: () => Promise<unknown>): Rotator {
  let hasStopped = false;
  const isTaken = (rows: unknown): boolean => Array.isArray(rows) && rows.some((each: object) => 'askedAt' in each);
  return {
    ...rotator,
    db: {
      ...rotator.db,
      async transaction(scope, act) {
        const result = await rotator.db.transaction(scope, act);
        if (hasStopped || !isTaken(result)) return result;
        hasStopped = true;
        await meanwhile();
        return result;
      },
    },
  };
}

type Asked = { readonly kind: 'rotate' | 'retry' | 'unlocked' | 'rollback' };

/** How the act ended, as the page shows it. */
async function askedAndTaken(at: EnvironmentEndpoint, { kind }: Asked, meanwhile: () => Promise<unknown>) {
  const { db } = row.testEnvironment;
  const { orgId, id: endpointId } = at;
  const { id } = await askAct(db, { orgId, endpointId, kind, actor: JANE, reason: 'a test' });
  if (kind === 'rollback') await decideAct(db, { id, orgId, decision: 'approved', actor: JOHN, reason: 'seen it' });
  const { signal } = new AbortController();
  await doAskedActs(standsStill(row.patient, meanwhile), signal, signal);
  const [shown] = await listAskedActs(db, { orgId, endpointId, limit: 1 });
  return [shown?.state, shown?.code];
}

const passwordOf = async (at: EnvironmentEndpoint) => (await row.open(at.id)).fields.password;
const accepts = ({ portal, username }: EnvironmentEndpoint, password: unknown) =>
  row.testEnvironment.portals.accepts({ portal, username, password: String(password) });

it('a yes to the password before is none to the one that was replaced meanwhile, as others know it', async () => {
  const at = await row.testEnvironment.addEndpoint('alpine');
  expect(await row.rotateToEnd(at.id)).toBe('done');
  const known = await passwordOf(at);
  const ended = await askedAndTaken(at, { kind: 'rollback' }, () => row.rotateToEnd(at.id));
  expect([await accepts(at, known), await accepts(at, await passwordOf(at))]).toEqual([false, true]);
  expect(ended).toEqual(['failed', 'state_conflict']);
});

it('what a person was told that nobody does any more is not done', async () => {
  const at = await row.testEnvironment.addEndpoint('alpine');
  const before = await passwordOf(at);
  const told = async () => {
    await row.sql(`UPDATE login_request SET taken_at = taken_at - interval '2 hours', asked_at = asked_at - interval '2 hours' WHERE endpoint_id = $1`, [
      at.id,
    ]);
    await endLeftActs(row.testEnvironment.db, { waitMs: 900_000, workMs: 3_600_000 });
  };
  expect(await askedAndTaken(at, { kind: 'rotate' }, told)).toEqual(['left', null]);
  expect([await accepts(at, before), await passwordOf(at)]).toEqual([true, before]);
});

it('that a password is right is said of none that was refused after it was said', async () => {
  const at = await row.testEnvironment.addEndpoint('alpine');
  const wrong = { password: 'Saved-By-Mistake-1' };
  const ended = await askedAndTaken(at, { kind: 'retry' }, async () => {
    await row.edit(at.id, wrong);
    expect(await row.visit(at.id)).toBe('login_rejected');
  });
  expect(refusals(await row.history(at.id)).wrong).toBe(1);
  expect(ended).toEqual(['failed', 'login_not_allowed']);
});

it('that support has unlocked an account forgives nothing to another, to which the row follows meanwhile', async () => {
  const [at, other] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine')];
  for (let tries = 0; tries < 5; tries += 1) {
    await row.edit(other.id, { password: `Wrong-Password-${tries}` });
    await row.visit(other.id);
  }
  const before = refusals(await row.history(other.id));
  const ended = await askedAndTaken(at, { kind: 'unlocked' }, async () => {
    await row.edit(at.id, { username: other.username });
    await row.visit(at.id);
    await row.mend();
  });
  await row.edit(other.id, { password: 'Wrong-Password-6' });
  await row.visit(other.id);
  expect(refusals(await row.history(other.id))).toEqual(before);
  expect(ended).toEqual(['failed', 'state_conflict']);
});
