import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { withAgentSession } from '@rcm/portal-access';
import { readRecipeFile } from '@rcm/portal-drivers';
import { isRcmError, Secret } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment, type EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readWebAgentConfig } from '../../config.ts';
import { openWebAgent, type WebAgentProcess } from '../../services.ts';
import { giveCode } from './give-code.ts';

const ACCOUNTS = isLongForm() ? 20 : 8;
const AT_ONCE = 4;
const INBOX = 'codes@hospital-one.example';

let testEnvironment: TestEnvironment;
let agent: WebAgentProcess;
beforeAll(async () => {
  const { device: _device, ...recipe } = await readRecipeFile('borealis-remembered');
  const codes = { from: ['codes@borealis.example'], pattern: 'Your borealis code is {code}' };
  const endpoints = Array.from({ length: ACCOUNTS }, () => 'borealis' as const);
  testEnvironment = await openTestEnvironment({ endpoints, portalType: { settleMs: 200, recipe: { ...recipe, codes } } });
  for (const endpoint of testEnvironment.endpoints) await sendCodesThere(endpoint);
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = testEnvironment.environmentOf('rcm_agent')['AWS_SHARED_CREDENTIALS_FILE'];
  const environment = { ...process.env, ...testEnvironment.environmentOf('rcm_agent'), RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent') };
  agent = openWebAgent(readWebAgentConfig({ ...environment, RCM_LOG_LEVEL: 'error', RCM_MAX_BROWSER_CONTEXTS: String(2 * AT_ONCE) }));
});
afterAll(async () => {
  await agent?.close();
  await testEnvironment?.close();
});

/** The account is sent a code at each login, to the address that it shares with all others, and its secret says so. */
async function sendCodesThere({ orgId, secretArn, username }: EnvironmentEndpoint): Promise<void> {
  const [store, reference] = [testEnvironment.stores.forTenant(orgId), parseReference(secretArn)];
  const current = await store.read(reference);
  if (!current) throw new Error('the secret is gone');
  const { password } = parsePayload(current.text).reveal();
  const payload = { username, password, second_factors: ['person'], codes_to: INBOX };
  await store.replace(reference, serializePayload(parsePayload(new Secret(JSON.stringify(payload)))), current.version);
  await testEnvironment.portals.createAccount({ portal: 'borealis', username, password, receivesCodes: true, inbox: INBOX });
}

/** Hands on what lies in the inbox, and once more what was taken, as a gateway does that has not heard so. Counts what was taken. */
async function handOn(until: AbortSignal): Promise<number> {
  let answered = 0;
  const told = new Set<string>();
  while (!until.aborted) {
    for (const { to, from, text, sentAt } of await testEnvironment.portals.messagesAt(INBOX)) {
      if (told.has(text)) continue;
      const message = { id: `message-${text}`, to, from, text, sentAt: new Date(sentAt) };
      const { end } = await giveCode({ db: agent.db, keys: agent.access.keys }, 'signed', message);
      expect(['answered', 'repeated', 'early']).toContain(end);
      if (end === 'answered') answered += 1;
      if (end === 'repeated') told.add(text);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return answered;
}

it(`of ${ACCOUNTS} accounts of a portal that share an inbox, each login types its own code, once`, async () => {
  const waiting = [...testEnvironment.endpoints];
  const visits = async (): Promise<string[]> => {
    const ends: string[] = [];
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const place = { orgId: next.orgId, endpointId: next.id, holder: 'an-agent', signal: new AbortController().signal };
      const visit = withAgentSession(agent.access, place, async () => ({ value: 'in', session: 'close' as const }));
      ends.push(await visit.catch((error: unknown) => (isRcmError(error) ? error.code : Promise.reject(error as Error))));
    }
    return ends;
  };
  const done = new AbortController();
  const gateway = handOn(done.signal);
  const ends = await Promise.all(Array.from({ length: AT_ONCE }, visits)).finally(() => done.abort());
  expect(ends.flat()).toEqual(testEnvironment.endpoints.map(() => 'in'));
  expect(await gateway).toBe(ACCOUNTS);
  // The portal's own record: one code was sent for each login, and typed there once.
  for (const endpoint of testEnvironment.endpoints) {
    expect((await testEnvironment.portals.sentCodes(endpoint)).map(({ typed }) => typed)).toEqual([1]);
    expect(await testEnvironment.portals.account('borealis', endpoint.username)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0 });
  }
});
