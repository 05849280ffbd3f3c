import { codeInboxes, type CredentialPayload, parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { answerCodeByMessage, answerCodeRequest, keyOfCodeRequest, listWantedCodes, sealCode, turnsAtInbox, type WantedCode } from '@rcm/db/codes';
import type { BrowserPool } from '@rcm/portal-drivers';
import { createLogger, type RcmError, Secret, systemClock } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment, type EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withAgentSession } from './agent-session.ts';
import type { AgentAccess } from './agent-access.ts';
import { agentProcess, openBrowser } from './agent-process.fixture.ts';
import { currentOf } from './rotated.fixture.ts';
import { SessionCache } from './session-cache.ts';

/** For a person who answers; no test waits for its end but the one that is about it. */
const LONG_MS = 600_000;
const SHORT_MS = 2_000;

let testEnvironment: TestEnvironment;
let operator: Database;
let browser: BrowserPool;
const log: string[] = [];
let next = 0;
beforeAll(async () => {
  testEnvironment = await openTestEnvironment({
    endpoints: Array.from({ length: 9 }, () => 'borealis' as const),
    portalType: { propagationDelayMs: 200, lockoutThreshold: 10 },
  });
  operator = testEnvironment.databaseAs('rcm_operator');
  browser = openBrowser(8);
});
afterAll(async () => {
  await browser?.close();
  await testEnvironment?.close();
});

function agent(personWaitMs = LONG_MS): AgentAccess {
  const logger = createLogger({ name: 'test', level: 'trace', destination: { write: (line: string) => void log.push(line) } });
  return agentProcess(
    { environment: testEnvironment, browser, logger },
    {
      sessions: new SessionCache({ maxSessions: 4, idleMs: 60_000 }),
      lease: { ttlMs: 30_000, waitMs: 60_000, pollMs: 50 },
      // A person takes longer than a login may.
      login: { loginDeadlineMs: 60_000, totpWaitMs: 120_000, personWaitMs },
    },
  );
}

const visit = (access: AgentAccess, { orgId, id }: EnvironmentEndpoint, signal = new AbortController().signal): Promise<unknown> =>
  withAgentSession(access, { orgId, endpointId: id, holder: 'test-agent', signal }, async () => ({ value: 'accepted', session: 'close' })).catch(
    ({ code, details: { outcome, reason, until } }: RcmError) => ({ code, outcome, ...(reason === undefined ? {} : { reason, until }) }),
  );

async function save(endpoint: EnvironmentEndpoint, change: (payload: CredentialPayload) => CredentialPayload): Promise<CredentialPayload> {
  const current = await currentOf(testEnvironment, endpoint);
  const payload = parsePayload(current.text).map(change);
  await testEnvironment.stores.forTenant(endpoint.orgId).replace(parseReference(endpoint.secretArn), serializePayload(payload), current.version);
  return payload.reveal();
}

/** A login whose portal sends its account a code at each login, and whose secret says that a person is asked for it. */
async function asksPerson(change: Partial<CredentialPayload> = {}): Promise<EnvironmentEndpoint> {
  const endpoint = testEnvironment.endpoints[next++];
  if (!endpoint) throw new Error('the test environment has no endpoint left');
  const payload = await save(endpoint, (before) => ({ ...before, mfa_seed: null, second_factors: ['person'], ...change }));
  const { username, password, backup_codes: backupCodes } = payload;
  await testEnvironment.portals.createAccount({ portal: 'borealis', username, password, receivesCodes: true, ...(backupCodes ? { backupCodes } : {}) });
  return endpoint;
}

/** What waits for a person at this login, once something does. */
async function wanted({ orgId, id }: EnvironmentEndpoint, signal?: AbortSignal): Promise<WantedCode> {
  for (;;) {
    signal?.throwIfAborted();
    const [request] = (await listWantedCodes(operator, { orgId, limit: 10 })).filter((each) => each.endpointId === id && each.answeredBy === null);
    if (request) return request;
    await systemClock.sleep(250, signal);
  }
}

const scope = 'every tenant';
async function answer({ id }: WantedCode, code: string): Promise<void> {
  const key = await keyOfCodeRequest(operator, id, scope);
  const sealed = sealCode(key?.publicKey ?? new Uint8Array(), id, new Secret(code));
  expect(await answerCodeRequest(operator, id, { sealed, actor: 'person:os:jane', reason: 'a test', scope })).toBe('answered');
}
/** Reads the last message of the portal, and answers with what it says. */
async function read(endpoint: EnvironmentEndpoint, signal?: AbortSignal): Promise<void> {
  const request = await wanted(endpoint, signal);
  const code = (await sent(endpoint)).at(-1)?.code ?? '';
  await answer(request, `${code.slice(0, 3)} ${code.slice(3)}`);
}
/** A login, and somebody who answers it for as long as it goes on; returns how the login ended. */
async function visitAndRead(access: AgentAccess, endpoint: EnvironmentEndpoint): Promise<unknown> {
  const ended = new AbortController();
  const visiting = visit(access, endpoint).finally(() => ended.abort());
  await read(endpoint, ended.signal).catch((error: unknown) => expect(error).toMatchObject({ code: 'cancelled' }));
  return visiting;
}
const sent = (endpoint: EnvironmentEndpoint) => testEnvironment.portals.sentCodes(endpoint);
const typed = async (endpoint: EnvironmentEndpoint) => (await sent(endpoint)).map((code) => code.typed);
const counts = async ({ username }: EnvironmentEndpoint) => {
  const { loginsAccepted, loginsRejected } = await testEnvironment.portals.account('borealis', username);
  return { loginsAccepted, loginsRejected };
};
const outcomes = async ({ id, orgId }: EnvironmentEndpoint): Promise<readonly string[]> => {
  const noted = await testEnvironment.db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ outcome: string }[]>`SELECT outcome FROM login_attempt WHERE endpoint_id = ${id} ORDER BY started_at`,
  );
  return noted.map(({ outcome }) => outcome);
};
const MFA_REQUIRED = { code: 'login_mfa_required', outcome: 'mfa_required' };

describe('a login whose second factor is a person', () => {
  it('types the code that they answer with, each time a new one', async () => {
    const [endpoint, access] = [await asksPerson(), agent()];
    for (let time = 0; time < 2; time += 1) expect(await visitAndRead(access, endpoint)).toBe('accepted');
    expect([await typed(endpoint), await counts(endpoint)]).toEqual([[1, 1], { loginsAccepted: 2, loginsRejected: 0 }]);
  });

  it('ends as it would without a second factor where nobody answers; nothing is typed, and nobody is shown it any more', async () => {
    const endpoint = await asksPerson();
    expect(await visit(agent(SHORT_MS), endpoint)).toEqual(MFA_REQUIRED);
    expect([await typed(endpoint), await counts(endpoint)]).toEqual([[0], { loginsAccepted: 0, loginsRejected: 0 }]);
    expect(await listWantedCodes(operator, { orgId: endpoint.orgId, limit: 10 })).toEqual([]);
  });

  it('has nobody sent another message right after that, and says until when a task is put off', async () => {
    const [endpoint, access] = [await asksPerson(), agent(SHORT_MS)];
    await visit(access, endpoint);
    const again = await Promise.all([visit(access, endpoint), visit(agent(SHORT_MS), endpoint)]);
    expect(again).toEqual(Array.from({ length: 2 }, () => expect.objectContaining({ code: 'login_not_allowed', reason: 'nobody_answered' }) as object));
    expect(again).toEqual(Array.from({ length: 2 }, () => expect.objectContaining({ until: expect.stringMatching(/^20\d\d-/) as string }) as object));
    expect([await typed(endpoint), await counts(endpoint)]).toEqual([[0], { loginsAccepted: 0, loginsRejected: 0 }]);
  });

  it('says what the portal says of a wrong answer, and asks anew at the next login', async () => {
    const [endpoint, access] = [await asksPerson(), agent()];
    const [ended] = await Promise.all([visit(access, endpoint), wanted(endpoint).then((request) => answer(request, 'no code'))]);
    expect(ended).toMatchObject({ outcome: 'mfa_rejected' });
    expect(await visitAndRead(access, endpoint)).toBe('accepted');
    expect([await typed(endpoint), await counts(endpoint)]).toEqual([[0, 1], { loginsAccepted: 1, loginsRejected: 1 }]);
  });

  it('is tried by several agents at once, one at a time: no code is typed into another login than the one it was sent for', async () => {
    const endpoint = await asksPerson();
    const done = new AbortController();
    // It looks until it is told to stop: one that went on would hold the database open.
    const reader = (async () => {
      while (!done.signal.aborted) await read(endpoint, done.signal).catch((error: unknown) => expect(error).toMatchObject({ code: 'cancelled' }));
    })();
    const agents = Array.from({ length: isLongForm() ? 4 : 3 }, () => agent());
    const ends = await Promise.all(agents.map((access) => visit(access, endpoint)));
    done.abort();
    await reader;
    expect(ends).toEqual(agents.map(() => 'accepted'));
    expect([await typed(endpoint), await counts(endpoint)]).toEqual([agents.map(() => 1), { loginsAccepted: agents.length, loginsRejected: 0 }]);
  });

  it('lets go at once of a login that is not wanted any more', async () => {
    const endpoint = await asksPerson();
    const stop = new AbortController();
    const ended = visit(agent(), endpoint, stop.signal);
    await wanted(endpoint);
    stop.abort();
    expect(await ended).toMatchObject({ code: 'portal_unexpected', outcome: 'unknown' });
    // Three unknown answers would stop the rotations of the portal.
    expect(await outcomes(endpoint)).toEqual(['mfa_required']);
    expect(await listWantedCodes(operator, { orgId: endpoint.orgId, limit: 10 })).toEqual([]);
  });

  it('comes after backup codes, where its secret says so: a person is asked once none is left', async () => {
    const [endpoint, access] = [await asksPerson({ backup_codes: ['pers-7X9k'], second_factors: ['backup_codes', 'person'] }), agent()];
    expect(await visit(access, endpoint)).toBe('accepted');
    expect([await typed(endpoint), await testEnvironment.portals.backupCodesTyped(endpoint)]).toEqual([[0], [1]]);
    expect(await visitAndRead(access, endpoint)).toBe('accepted');
    expect([await typed(endpoint), await testEnvironment.portals.backupCodesTyped(endpoint)]).toEqual([[0, 1], [1]]);
  });

  it('types the code of a message to the number that its secret names', async () => {
    const number = '+15551230100';
    const endpoint = await asksPerson({ codes_to: '+1 (555) 123-0100' });
    const db = testEnvironment.databaseAs('rcm_agent');
    const messages = async () => {
      await wanted(endpoint);
      const [turn, ...others] = await turnsAtInbox(db, codeInboxes(testEnvironment.identityKeys, number));
      expect([turn?.endpointId, turn?.hasAsked, others]).toEqual([endpoint.id, true, []]);
      const { requestId = '', publicKey = new Uint8Array() } = turn ?? {};
      const sealed = sealCode(publicKey, requestId, new Secret((await sent(endpoint)).at(-1)?.code ?? ''));
      const prints = [`1:${'a'.repeat(64)}`];
      const code = { codePrints: [`1:${'b'.repeat(64)}`], ownPrints: [] };
      expect(await answerCodeByMessage(db, { orgId: endpoint.orgId, requestId, sealed, gateway: 'twilio', sentAt: null, prints, code })).toBe('answered');
    };
    expect((await Promise.all([visit(agent(), endpoint), messages()]))[0]).toBe('accepted');
    expect([await typed(endpoint), await turnsAtInbox(db, codeInboxes(testEnvironment.identityKeys, number))]).toEqual([[1], []]);
  });
});

it('no code is in a byte of Postgres, nor in a log', async () => {
  const codes = (await Promise.all(testEnvironment.endpoints.slice(0, next).map(sent))).flat().filter((code) => code.typed > 0);
  expect(codes.length).toBeGreaterThan(6);
  const holding = await testEnvironment.db.transaction('no tenant', async (tx) => {
    await tx.$executeRaw`CHECKPOINT`;
    return tx.$queryRaw<{ name: string }[]>`
      SELECT f.name FROM pg_class c CROSS JOIN LATERAL (SELECT pg_relation_filepath(c.oid) AS name) f
       WHERE c.oid IN ('code_request'::regclass, 'notice'::regclass, 'audit_event'::regclass, 'login_attempt'::regclass)
         AND EXISTS (SELECT FROM unnest(${codes.map(({ code }) => code)}::text[]) code WHERE position(convert_to(code, 'UTF8') IN pg_read_binary_file(f.name)) > 0)`;
  });
  expect(holding).toEqual([]);
  expect(log.filter((line) => line.includes('a person has answered with a code'))).not.toEqual([]);
  for (const { code } of codes) expect(log.filter((line) => line.includes(`"${code}"`) || line.includes(` ${code}`))).toEqual([]);
});
