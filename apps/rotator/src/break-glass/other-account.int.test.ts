import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { askAct, decideAct } from '@rcm/db/acts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRotatorConfig, type RotatorConfig } from '../config.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { spendGlass } from './spend.ts';

const [JANE, JOHN] = ['person:oidc:https://id.example#jane', 'person:oidc:https://id.example#john'] as const;
let opened: RotatorEnvironment;
let config: RotatorConfig;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [] });
  const { testEnvironment } = opened;
  config = readRotatorConfig({ ...testEnvironment.environmentOf('rcm_rotator'), RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator') });
});
afterAll(() => opened?.close());

async function personStores({ orgId, secretArn }: { readonly orgId: string; readonly secretArn: string }, fields: object): Promise<void> {
  const store = opened.rotator.stores.forTenant(orgId);
  const reference = parseReference(secretArn);
  const stored = await store.read(reference);
  if (!stored) throw new Error('no secret');
  await store.replace(reference, serializePayload(parsePayload(stored.text).map((payload) => ({ ...payload, ...fields }))), stored.version);
}

async function readOnce(at: { readonly id: string; readonly orgId: string }, meanwhile: () => Promise<void>): Promise<readonly string[]> {
  const { db } = opened.testEnvironment;
  const { id: endpointId, orgId } = at;
  const { id: requestId } = await askAct(db, { orgId, endpointId, kind: 'break_glass', minutes: 10, actor: JANE, reason: 'no agent gets in' });
  await decideAct(db, { id: requestId, orgId, decision: 'approved', actor: JOHN, reason: 'spoke to her' });
  await meanwhile();
  const shown: string[] = [];
  await spendGlass(opened.process, { requestId, actor: JANE, config, signal: new AbortController().signal }, ({ payload }) => {
    shown.push(payload.reveal().username);
    return Promise.resolve('Shown once.');
  }).catch((error: { code: string; message: string }) => shown.push(error.code, error.message));
  return shown;
}

test('a person who may read the password of one account is not shown that of another, which somebody has put into its secret since', async () => {
  const at = await opened.testEnvironment.addEndpoint('alpine');
  const shown = await readOnce(at, () => personStores(at, { username: 'somebody-else', password: 'Of-Somebody-Else-1' }));
  expect(shown).toEqual(['state_conflict', expect.stringContaining('another account')]);
});

test('another password of the same account is shown', async () => {
  const at = await opened.testEnvironment.addEndpoint('alpine');
  const [username] = await readOnce(at, () => personStores(at, { password: 'Of-A-Person-1' }));
  expect(username).toBe(at.username);
});
