import { remainingBudget } from '@rcm/db/ledger';
import type { ChangeOutcome, PortalDriver, PortalSession } from '@rcm/portal-drivers';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rotator } from '../rotator.ts';
import { resultOf } from '../schedule/rotation-outcome.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';

type Change = PortalSession['changePassword'];

const NAMES = ['answered', 'lost', 'refused before', 'not let out', 'refused', 'changed', 'unclear'] as const;

let opened: RotatorEnvironment;
beforeAll(async () => {
  opened = await openRotatorEnvironment({
    endpoints: NAMES.map(() => 'alpine' as const),
    portalType: { propagationDelayMs: 200, lockoutCounts: 'window', lockoutWindowSeconds: 3_600, lockoutThreshold: 8, lockoutMargin: 1 },
  });
});
afterAll(() => opened?.close());

const at = (name: (typeof NAMES)[number]) => opened.testEnvironment.endpoint(`alpine-${NAMES.indexOf(name) + 1}`);
const left = async (name: (typeof NAMES)[number]) => (await remainingBudget(opened.testEnvironment.db, at(name))).failuresLeft;
const record = (name: (typeof NAMES)[number]) => opened.testEnvironment.portals.account(at(name).portal, at(name).username);

/** A rotator whose changes of a password go another way. */
function changing(rotator: Rotator, change: (session: PortalSession, options: Parameters<Change>[0]) => ReturnType<Change>): Rotator {
  const wrapped = (driver: PortalDriver): PortalDriver => ({
    hash: driver.hash,
    async openSession(where) {
      const session = await driver.openSession(where);
      return { ...session, changePassword: (options) => change(session, options) };
    },
  });
  return { ...rotator, drivers: { for: (...of: Parameters<Rotator['drivers']['for']>) => wrapped(rotator.drivers.for(...of)) } as Rotator['drivers'] };
}

/** The form gets another current password than the login had, as where a part of the portal does not know it yet. */
const mistaken: (session: PortalSession, options: Parameters<Change>[0]) => ReturnType<Change> = (session, options) =>
  session.changePassword({ ...options, credential: { ...options.credential, password: new Secret('Another-one-1!') } });
const LOST: ChangeOutcome = { kind: 'unknown', detail: 'the answer is lost', submitted: true };

describe('a change whose form has a current password that the portal calls wrong counts as the failure that it may be to the portal', () => {
  it('where the portal says so', async () => {
    const before = await left('answered');
    expect(resultOf(await opened.rotate(at('answered').id, changing(opened.patient, mistaken)))).toBe('waiting');
    expect(await record('answered')).toMatchObject({ loginsAccepted: 1, loginsRejected: 0, changesRefused: 1 });
    expect(await left('answered')).toBe(before - 1);
  });

  it('where its answer is lost, once it turns out not to have been made', async () => {
    const before = await left('lost');
    let changes = 0;
    // The second change is not begun: by then the first one has to stand in the ledger.
    const once = changing(opened.rotator, (session, options) =>
      (changes += 1) === 1 ? mistaken(session, options).then(() => LOST) : Promise.resolve({ ...LOST, submitted: false }),
    );
    while (changes < 2) await opened.rotate(at('lost').id, once);
    const { loginsRejected, changesRefused } = await record('lost');
    expect([loginsRejected, changesRefused]).toEqual([1, 1]);
    expect(await left('lost')).toBe(before - loginsRejected - changesRefused);
  });

  it('where its answer is lost, though a login with the same password was refused before: that says nothing of the change', async () => {
    const { id, loginIdentity } = at('refused before');
    let changes = 0;
    const once = changing(opened.rotator, async (session, options) => {
      if ((changes += 1) > 1) return { ...LOST, submitted: false };
      await opened.sql(
        `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, rotation_attempt_id, actor, version, fingerprint, started_at, finished_at, outcome, effect)
         SELECT login_identity, org_id, endpoint_id, gen_random_uuid(), rotation_attempt_id, 'rotator', version, fingerprint,
                started_at - interval '2 ms', started_at - interval '1 ms', 'rejected', 'suspect'
           FROM login_attempt WHERE login_identity = $1 AND outcome = 'accepted'`,
        [loginIdentity],
      );
      return mistaken(session, options).then(() => LOST);
    });
    const notes = () => opened.sql(`SELECT outcome FROM login_attempt WHERE login_identity = $1 AND outcome = 'unknown'`, [loginIdentity]);
    // Until the line is there, or the next change has begun without it.
    while (changes < 2 && (await notes()).length === 0) await opened.rotate(id, once);
    expect([(await record('refused before')).changesRefused, await notes()]).toEqual([1, [{ outcome: 'unknown' }]]);
  });
});

it('a change that was sent before is not sent again where others have used up the failures since the login', async () => {
  const { orgId, id, loginIdentity } = at('not let out');
  const usedUp = opened.sql.bind(
    opened,
    `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect)
    SELECT $1, $2, $3, gen_random_uuid(), 'agent', '1', clock_timestamp(), clock_timestamp(), 'rejected', 'none' FROM generate_series(1, 7)`,
  );
  let changes = 0;
  const twice = changing(opened.rotator, (session, options) =>
    (changes += 1) === 1
      ? mistaken(session, options).then(() => LOST)
      : session.changePassword({ ...options, beforeSubmit: async () => (await usedUp([loginIdentity, orgId, id]), options.beforeSubmit()) }),
  );
  while (changes < 2) await opened.rotate(id, twice);
  expect(await record('not let out')).toMatchObject({ passwordsChanged: 0, changesRefused: 1 });
});

it('a change that the portal makes counts nothing', async () => {
  const before = await left('changed');
  expect(resultOf(await opened.rotate(at('changed').id, opened.patient))).toBe('done');
  expect(await left('changed')).toBe(before);
});

it('a change that the portal refuses for the new password counts nothing but the login that shows it', async () => {
  const before = await left('refused');
  const tooShort = changing(opened.rotator, (session, options) => session.changePassword({ ...options, newPassword: new Secret('Ab1!') }));
  while (resultOf(await opened.rotate(at('refused').id, tooShort)) !== 'abandoned') await new Promise((resolve) => setTimeout(resolve, 200));
  const { loginsRejected, changesRefused } = await record('refused');
  expect(changesRefused).toBe(1);
  expect(await left('refused')).toBe(before - loginsRejected);
});

it('a change that is made and whose answer is lost counts nothing: the password was right in its form', async () => {
  const before = await left('unclear');
  let changes = 0;
  const losing = changing(opened.rotator, (session, options) => ((changes += 1), session.changePassword(options).then(() => LOST)));
  while (resultOf(await opened.rotate(at('unclear').id, losing)) !== 'done') await new Promise((resolve) => setTimeout(resolve, 200));
  expect([changes, await left('unclear')]).toEqual([1, before]);
});
