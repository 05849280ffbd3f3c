import { askAct, askToRead, decideAct, sealedForReading, takeReadingAnswer } from '@rcm/db/acts';
import { createOneTimeKey } from '@rcm/db/sealing';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRotatorConfig, type RotatorConfig } from '../config.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { readForConsole } from './read-for-console.ts';

let opened: RotatorEnvironment;
let config: RotatorConfig;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  const { testEnvironment } = opened;
  config = readRotatorConfig({
    ...testEnvironment.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator'),
  });
});
afterAll(() => opened?.close());

const [JANE, JOHN] = ['person:oidc:https://id.example#jane', 'person:oidc:https://id.example#john'];

test.each([
  ['its end cannot be noted', 'login_request', 'outcome', 'sealed'],
  ['the database does not say whether the console has it', 'break_glass_reading', 'sealed', 'refused'],
])('where %s, it is not said that nothing was shown', { timeout: 600_000 }, async (_, table, column, kind) => {
  const { db } = opened.testEnvironment;
  const { id: endpointId, orgId } = await opened.testEnvironment.addEndpoint('alpine');
  const { id } = await askAct(db, { orgId, endpointId, kind: 'break_glass', minutes: 10, actor: JANE!, reason: 'no agent gets in' });
  await decideAct(db, { id, orgId, decision: 'approved', actor: JOHN!, reason: 'spoke to her' });
  await askToRead(db, { id, orgId, actor: JANE!, publicKey: createOneTimeKey(sealedForReading(id)).publicKey });
  let logs = '';
  const logger = createLogger({ name: 'rotator', level: 'warn', destination: { write: (line) => void (logs += line) } });
  await opened.sql(`ALTER TABLE ${table} ADD CONSTRAINT refuses CHECK (${column} IS NULL) NOT VALID`, []);
  try {
    const { signal } = new AbortController();
    await readForConsole({ ...opened.process, rotator: { ...opened.rotator, logger } }, config, { signal, intake: signal });
  } finally {
    await opened.sql(`ALTER TABLE ${table} DROP CONSTRAINT refuses`, []);
  }
  expect(logs).toContain('was handed over, and its end could not be noted');
  expect(logs).not.toContain('not shown');
  // A rotator ends it as `left`: it may have been read.
  expect(await opened.sql('SELECT taken_at IS NOT NULL AS taken, outcome FROM login_request WHERE id = $1::uuid', [id])).toEqual([
    { taken: true, outcome: null },
  ]);
  expect(await takeReadingAnswer(db, { requestId: id, orgId })).toMatchObject(
    kind === 'sealed' ? { kind } : { kind, words: expect.stringContaining('it may have been read') as string },
  );
});
