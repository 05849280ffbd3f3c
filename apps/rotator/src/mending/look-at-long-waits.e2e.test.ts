import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dyingStores, openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { longWaitLooks } from './look-at-long-waits.ts';

let opened: RotatorEnvironment;
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: ['alpine', 'alpine'] })));
afterAll(() => opened?.close());

/** A rotation that has staged its password, and waits for so many hours to come as it has waited already. */
async function waiting(id: string, hours: number): Promise<void> {
  const { patient, rotate, sql } = opened;
  await expect(rotate(id, { ...patient, stores: dyingStores(patient.stores, 'stage', 'after') })).rejects.toThrow('died after stage');
  await sql(
    `UPDATE rotation_attempt SET state = 'waiting', waiting_from = 'staged', detail = 'the portal answered a login with mfa_rejected', held_since = now() - make_interval(hours => $2::int),
            waiting_until = now() + make_interval(hours => $2::int) WHERE endpoint_id = $1`,
    [id, hours],
  );
}
const look = () => longWaitLooks(opened.patient, 10)(new AbortController().signal);
const isOver = async (id: string) => {
  const [row] = await opened.sql<{ over: boolean }>(`SELECT waiting_until <= clock_timestamp() AS over FROM rotation_attempt WHERE endpoint_id = $1`, [id]);
  return row?.over;
};
async function personSaves(id: string): Promise<void> {
  const { orgId, secretArn } = opened.testEnvironment.endpoint(id);
  const [store, reference] = [opened.rotator.stores.forTenant(orgId), parseReference(secretArn)];
  const found = await store.read(reference);
  if (!found) throw new Error('no secret');
  const theirs = serializePayload(parsePayload(found.text).map((payload) => ({ ...payload, note: 'a new authenticator' })));
  await store.replace(reference, theirs, found.version);
}

it('goes on as soon as a person has changed the secret, and is due again within the hour, as nothing of it failed', async () => {
  await waiting('alpine-1', 20);
  await look();
  expect(await isOver('alpine-1')).toBe(false);
  await personSaves('alpine-1');
  await look();
  expect(await isOver('alpine-1')).toBe(true);
  const report = await opened.rotate('alpine-1', opened.patient);
  expect(report).toMatchObject({ kind: 'attempt', attempt: { state: 'abandoned', detail: expect.stringContaining('the current secret changed') as string } });
  const [due] = await opened.sql<{ soon: boolean }>(
    `SELECT greatest(next_rotation_at, rotation_not_before) < now() + interval '1 hour' AS soon FROM integration_endpoint WHERE id = 'alpine-1'`,
    [],
  );
  expect(due?.soon).toBe(true);
});

it('what waits for less is left to its moment, whatever was changed: a portal or a ledger named it', async () => {
  await waiting('alpine-2', 1);
  await personSaves('alpine-2');
  await look();
  expect(await isOver('alpine-2')).toBe(false);
});
