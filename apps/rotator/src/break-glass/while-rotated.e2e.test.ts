import { askAct, decideAct } from '@rcm/db/acts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRotatorConfig, type RotatorConfig } from '../config.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { spendGlass } from './spend.ts';

const [JANE, JOHN] = ['person:oidc:https://id.example#jane', 'person:oidc:https://id.example#john'] as const;
let opened: RotatorEnvironment;
let config: RotatorConfig;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  const { testEnvironment } = opened;
  config = readRotatorConfig({ ...testEnvironment.environmentOf('rcm_rotator'), RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator') });
});
afterAll(() => opened?.close());

test('a password that is current in its store, and in no row yet, is shown to nobody: its rotation would make it due in weeks', async () => {
  const { db } = opened.testEnvironment;
  const { id: endpointId, orgId } = await opened.testEnvironment.addEndpoint('alpine');
  const dies = {
    ...opened.patient,
    onJournalWrite(write: string, when: 'before' | 'after') {
      if (write === 'promoted' && when === 'before') throw new Error('the process is gone');
    },
  };
  await expect(opened.rotate(endpointId, dies)).rejects.toThrow('the process is gone');

  const { id: requestId } = await askAct(db, { orgId, endpointId, kind: 'break_glass', minutes: 10, actor: JANE, reason: 'no agent gets in' });
  await decideAct(db, { id: requestId, orgId, decision: 'approved', actor: JOHN, reason: 'spoke to her' });
  const shown: string[] = [];
  const spent = spendGlass(opened.process, { requestId, actor: JANE, config, signal: new AbortController().signal }, ({ payload }) => {
    shown.push(payload.reveal().password);
    return Promise.resolve('Shown once.');
  });
  await expect(spent).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining('ask again') as string });
  await opened.untilEnded(endpointId);
  const [row] = await opened.sql<{ weeks: boolean }>(`SELECT next_rotation_at > now() + interval '1 day' AS weeks FROM integration_endpoint WHERE id = $1`, [
    endpointId,
  ]);
  expect({ shown, weeks: row?.weeks }).toEqual({ shown: [], weeks: true });
});
