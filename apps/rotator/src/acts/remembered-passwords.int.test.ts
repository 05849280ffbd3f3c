import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { rememberedPasswords } from './remembered-passwords.ts';

let opened: RotatorEnvironment;
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: ['cascade'] })));
afterAll(() => opened?.close());

it('are those of as many rotations as the portal remembers, as the journal names them and the store keeps them', async () => {
  const id = 'cascade-1';
  const { orgId, secretArn, loginIdentity, portal } = opened.testEnvironment.endpoint(id);
  const reference = parseReference(secretArn);
  const store = opened.rotator.stores.forTenant(orgId);
  let version = (await store.read(reference))?.version ?? '';
  for (const password of ['Earlier-1!', 'Earlier-2!', 'Earlier-3!', 'Current-4!']) {
    const current = await store.read(reference);
    if (!current) throw new Error('no secret');
    const text = serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, password })));
    const { version: next } = await store.replace(reference, text, current.version);
    await opened.sql(
      `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash,
                                     journal_version, previous_version, promoted_version, created_at, updated_at, ended_at)
       VALUES ($1::uuid, $2, $3, $4, $5, 'done', 1, 'test', 'due', $6, $7, 'h', 1, $7, $8, clock_timestamp(), clock_timestamp(), clock_timestamp())`,
      [randomUUID(), loginIdentity, orgId, id, portal, secretArn, version, next],
    );
    version = next;
  }
  const asked = async (history: number) =>
    (await rememberedPasswords(opened.rotator.db, store, { orgId, secretArn, reference, history }, new AbortController().signal)).map((p) => p.reveal());
  expect(await asked(0)).toEqual([]);
  expect(await asked(2)).toEqual(['Earlier-3!', 'Earlier-2!']);
  await opened.sql(`UPDATE rotation_attempt SET previous_version = '999' WHERE previous_version = '4'`, []);
  expect(await asked(2)).toEqual(['Earlier-2!']);
});
