import type { SecretStore } from '@rcm/credentials';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Rotator } from './rotator.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from './testing.fixture.ts';

let opened: RotatorEnvironment;
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: ['alpine', 'alpine', 'alpine'] })));
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
/** Each is something that nobody rotates a login beside, and the end of it. */
const HAPPENS = [
  [
    'alpine-1',
    'a program writes its plaintext into the row again',
    `UPDATE integration_endpoint SET config = config || '{"credentials": {"username": "u", "password": "p"}}' WHERE id = 'alpine-1'`,
    `UPDATE integration_endpoint SET config = config - 'credentials' WHERE id = 'alpine-1'`,
  ],
  [
    'alpine-2',
    'another organization registers the account',
    `WITH other AS (INSERT INTO organization (id, name) VALUES ('another', 'another') RETURNING id)
     ${rows} SELECT 'theirs', other.id, portal_type_code, account_id, base_url, NULL, NULL, login_identity FROM integration_endpoint e, other WHERE e.id = 'alpine-2'`,
    `DELETE FROM integration_endpoint WHERE id = 'theirs'`,
  ],
  [
    'alpine-3',
    'its secret becomes another account’s, too',
    `WITH login AS (INSERT INTO login_identity (id) VALUES (repeat('a', 64)) RETURNING id)
     ${rows} SELECT 'beside', org_id, portal_type_code, 'beside', base_url, secret_arn, current_version, login.id FROM integration_endpoint e, login WHERE e.id = 'alpine-3'`,
    `DELETE FROM integration_endpoint WHERE id = 'beside'`,
  ],
] as const;

it.each(HAPPENS)(
  '%s: where %s after a rotator has decided to rotate it, nothing is begun, and it is rotated once that is over',
  async (id, _, begins, ends) => {
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
