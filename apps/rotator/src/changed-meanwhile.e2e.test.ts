import type { SecretStore } from '@rcm/credentials';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Rotator } from './rotator.ts';
import { dyingStores, openRotatorEnvironment, type RotatorEnvironment } from './testing.fixture.ts';

let opened: RotatorEnvironment;
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: Array.from({ length: 6 }, () => 'alpine' as const) })));
afterAll(() => opened?.close());

/** A rotator that has decided to rotate when something happens: it reads the secret then, with its lease in its hand. */
function afterDeciding(happens: () => Promise<unknown>): Rotator {
  let hasHappened = false;
  const { patient } = opened;
  return {
    ...patient,
    stores: {
      close: () => Promise.resolve(),
      forTenant(orgId): SecretStore {
        const store = patient.stores.forTenant(orgId);
        return {
          ...store,
          async read(...asked) {
            if (!hasHappened) await happens();
            hasHappened = true;
            return store.read(...asked);
          },
        };
      },
    },
  };
}

/** What portal and store hold of a login. */
async function held(endpointId: string): Promise<unknown> {
  const { account, secret, staged } = (await opened.snapshot(endpointId)) as Record<string, unknown>;
  return { account, secret, staged };
}

const rows = `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity)`;
interface Happens {
  readonly what: string;
  readonly begins: string;
  readonly ends: string;
}
/** Each is something that nobody rotates this login beside, and the end of it. */
const OF_ROW = (id: string): Happens => ({
  what: 'a program writes its plaintext into the row again',
  begins: `UPDATE integration_endpoint SET config = config || '{"credentials": {"username": "u", "password": "p"}}' WHERE id = '${id}'`,
  ends: `UPDATE integration_endpoint SET config = config - 'credentials' WHERE id = '${id}'`,
});
const OF_OTHER = (id: string): Happens => ({
  what: 'another organization registers the account',
  begins: `WITH other AS (INSERT INTO organization (id, name) VALUES ('other-${id}', 'other') RETURNING id)
    ${rows} SELECT 'theirs-${id}', other.id, portal_type_code, account_id, base_url, NULL, NULL, login_identity FROM integration_endpoint e, other WHERE e.id = '${id}'`,
  ends: `DELETE FROM integration_endpoint WHERE id = 'theirs-${id}'`,
});
const OF_SECRET = (id: string): Happens => ({
  what: 'its secret becomes another account’s, too',
  begins: `WITH login AS (INSERT INTO login_identity (id) VALUES (encode(sha256('${id}'), 'hex')) RETURNING id)
    ${rows} SELECT 'beside-${id}', org_id, portal_type_code, 'beside', base_url, secret_arn, current_version, login.id FROM integration_endpoint e, login WHERE e.id = '${id}'`,
  ends: `DELETE FROM integration_endpoint WHERE id = 'beside-${id}'`,
});
/** With logins of their own, from this one on. */
const cases = (first: number) =>
  [OF_ROW, OF_OTHER, OF_SECRET].map((happens, at) => {
    const id = `alpine-${first + at}`;
    return [happens(id).what, id, happens(id)] as const;
  });

it.each(cases(1))(
  'where %s after a rotator has decided to rotate it (%s), nothing is begun, and it is rotated once that is over',
  async (_, id, { begins, ends }) => {
    const before = await held(id);
    const report = await opened.rotate(
      id,
      afterDeciding(() => opened.sql(begins, [])),
    );
    expect(report).toMatchObject({ kind: 'not_started', passes: true });
    expect(await held(id)).toEqual(before);
    const again = await opened.rotate(id, opened.patient);
    expect(again).toMatchObject({ kind: 'not_started', holds: 'login' });
    expect(again).not.toHaveProperty('passes');
    await opened.sql(ends, []);
    expect(await opened.rotate(id, opened.patient)).toMatchObject({ kind: 'attempt', attempt: { state: 'done' } });
  },
);

it.each(cases(4))('where %s while its rotation waits to send the change (%s), it is not sent', async (_, id, { begins, ends }) => {
  const before = (await held(id)) as object;
  await expect(opened.rotate(id, { ...opened.patient, stores: dyingStores(opened.patient.stores, 'stage', 'after') })).rejects.toThrow('died after stage');
  await opened.sql(begins, []);
  expect(await opened.rotate(id, opened.patient)).toMatchObject({ kind: 'attempt', attempt: { state: 'abandoned' } });
  expect(await held(id)).toMatchObject({ ...before, staged: [expect.anything()] });
  expect(await opened.rotate(id, opened.patient)).toMatchObject({ kind: 'not_started', holds: 'login' });
  await opened.sql(ends, []);
  expect(await opened.rotate(id, opened.patient)).toMatchObject({ kind: 'attempt', attempt: { state: 'done' } });
});
