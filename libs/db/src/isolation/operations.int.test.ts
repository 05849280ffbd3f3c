import { randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import { followStoreVersion } from '../endpoints/follow.ts';
import { followSecretMadeAnew } from '../endpoints/secret-made-anew.ts';
import { findEndpoint, findOrganization, getEndpoint, listEndpoints } from '../endpoints/read.ts';
import { followAccount } from '../endpoints/follow-account.ts';
import { putOffRotation } from '../endpoints/put-off.ts';
import { listOtherSecrets } from '../endpoints/other-secrets.ts';
import { bringRotationForward, isDue, listDueEndpoints, listSharedIdentities, setNextRotation } from '../endpoints/schedule.ts';
import {
  countRefusedLogins,
  listWantedSearches,
  noteSearched,
  postponeSearch,
  startSearch,
  wantCredentialSearch,
  wantSearchIfOutdated,
} from '../endpoints/search.ts';
import { fleetFigures } from '../fleet/figures.ts';
import { advanceAttempt, blockAttempt, resumeAttempt, waitAttempt } from '../journal/advance.ts';
import { listCopiesElsewhere, listCopiesToRemove, mayRemoveCopy, noteCopyRemoved } from '../journal/copies.ts';
import { finishAttempt, promoteAttempt } from '../journal/ends.ts';
import { adoptAttempt, getOpenAttempt, listAttempts, listOpenAttempts, planRotation } from '../journal/open.ts';
import { knowsRotation } from '../journal/knows.ts';
import { outrunCopy } from '../journal/outrun-copy.ts';
import { keptLength } from '../journal/kept-length.ts';
import { knownVersions } from '../journal/known-versions.ts';
import { endLongWait } from '../journal/long-waits.ts';
import { beginLook } from '../journal/looks.ts';
import { announceSuccessor, resolveAsFound, resolveAsUnchanged, resolveBySuccessor, rotationTo } from '../journal/resolve.ts';
import { answerRequest, noteLookedAt } from '../journal/left-requests.ts';
import { requestRotation } from '../journal/request.ts';
import { acquireExclusiveLease, acquireSharedLease } from '../leases/acquire.ts';
import { listLeases, releaseLease, renewLease } from '../leases/upkeep.ts';
import { withdrawWriterIntent } from '../leases/writer-intent.ts';
import { beginLoginAttempt, checkLoginAttempt, finishLoginAttempt } from '../ledger/attempt.ts';
import { answerCodeAsProgram, keyOfCodeRequest, listWantedCodes } from '../codes/answer.ts';
import { askForCode, endCodeTurn, takeCode, takeCodeTurn } from '../codes/ask.ts';
import { isCodeOver, noteLastingCode } from '../codes/lasting.ts';
import { answerCodeByMessage } from '../codes/message.ts';
import { spendBackupCode } from '../ledger/backup-code.ts';
import { hasFullBudget, mayBeLocked, remainingBudget } from '../ledger/budget.ts';
import { clearLogin } from '../ledger/clearance.ts';
import { deviceDates, deviceValidity, forgetDevice, noteDevice } from '../devices/device.ts';
import { recordKeptSession } from '../ledger/login-use.ts';
import { forgetPasswords, passwordTries } from '../ledger/password.ts';
import { coolDownLogin } from '../ledger/cool-down.ts';
import { passwordState } from '../ledger/password-state.ts';
import { claimLegacy, releaseClaim } from '../legacy/claim.ts';
import { tellRowAndStoreDiffer } from '../legacy/dual-read.ts';
import { gatherCredentials, listConfigs, scrubElsewhere } from '../legacy/configs.ts';
import { listLegacyEndpoints, recordMigrated } from '../legacy/migrate.ts';
import { beginFirstSecret, leaveFirstPlace } from '../secret-places/first-place.ts';
import { beginMove, endMove, recordMove } from '../secret-places/move.ts';
import { noteUnnamedRemoved, unnamedSecretsOf } from '../secret-places/unnamed.ts';
import { readLegacy, recordResolved, recordResolvedRow } from '../legacy/resolve.ts';
import { restoreLegacyCredentials } from '../legacy/restore.ts';
import { listProofs, recordProof } from '../legacy/proofs.ts';
import { rowSinceRecorded, wasPromoted } from '../legacy/rotated.ts';
import { HELD_NOTHING } from '../legacy/row.ts';
import { migrationByOrganization } from '../legacy/by-organization.ts';
import { migrationCounts, scrubEndpoint } from '../legacy/scrub.ts';
import { recordManualRefusal, recordManualRotation, watchedLogin } from '../manual/watch.ts';
import { listCurrentVersions } from '../credential-changes-missed.ts';
import { endCallbackTry } from '../callbacks/outbox.ts';
import { claimPortalTask, finishPortalTask, getPortalTask, renewTaskClaim } from '../tasks/claim.ts';
import { createPortalTask, requeuePortalTask } from '../tasks/queue.ts';
import { readPortalTask } from '../tasks/read.ts';
import {
  identityOf,
  makeEndpoint,
  openTestDatabase,
  plannedAttempt,
  printOf,
  secretOf,
  type TestDatabase,
  type TestEndpoint,
  REQUESTER,
} from '../testing.fixture.ts';
import { urlFor } from '../testing.ts';
import { reserveTotpStep } from '../totp.ts';
import { traceLogins } from '../trace/trace.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
});
afterAll(async () => {
  await t.close();
});

/** Everything that an operation can name. */
interface Named extends TestEndpoint {
  readonly leaseId: string;
  readonly fence: bigint;
  readonly attemptId: string;
  readonly loginAttemptId: string;
  readonly taskId: string;
  readonly codeRequestId: string;
}

const PRINTS = [printOf('right')];

/** A tenant whose login is in use, was tried, is being rotated and has a task in hand. */
async function busyTenant(): Promise<Named> {
  const endpoint = await makeEndpoint(t.db);
  const planned = await plannedAttempt(t.rotator, endpoint);
  const begun = await beginLoginAttempt(t.rotator, { ...endpoint, leaseId: planned.leaseId, actor: 'rotator', version: '1', fingerprints: PRINTS });
  if (!begun.allowed) throw new Error(begun.reason);
  const { taskId } = await createPortalTask(t.agent, { ...endpoint, name: 'claim_status', input: {}, requester: REQUESTER });
  await claimPortalTask(t.agent, { ...endpoint, taskId, worker: 'w', ttlMs: 60_000 });
  await t.sql(`INSERT INTO task_callback (task_id, org_id, name, ended_at) VALUES ($1, $2, 'claims', now())`, [taskId, endpoint.orgId]);
  const turn = await takeCodeTurn(t.rotator, {
    ...endpoint,
    leaseId: planned.leaseId,
    publicKey: Buffer.alloc(294),
    forMs: 600_000,
    inboxes: [printOf(endpoint.endpointId)],
  });
  if (turn) await askForCode(t.rotator, turn, 600_000);
  return { ...endpoint, ...planned, loginAttemptId: begun.loginAttemptId, taskId, codeRequestId: turn?.requestId ?? '' };
}

/** Names of the same shape that nothing has. */
const nobodys = (): Named => {
  const id = `none-${randomUUID()}`;
  const [leaseId, attemptId, loginAttemptId, taskId, codeRequestId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  return {
    endpointId: id,
    orgId: id,
    loginIdentity: identityOf(id),
    secretArn: secretOf(id, id),
    fence: 1n,
    leaseId,
    attemptId,
    loginAttemptId,
    taskId,
    codeRequestId,
  };
};

const ASKED = { portalTypeCode: 'alpine', fingerprints: PRINTS, rules: { windowMs: 60_000, suspects: 3 } };

const DECIDED = { row: HELD_NOTHING, credentials: null, kept: null, take: 'row', actor: 'a', reason: 'x' } as const;

const ofSecretsManager = ({ orgId, endpointId }: Named, suffix: string): string =>
  `arn:aws:secretsmanager:us-east-1:123456789012:secret:rcm/test/${orgId}/endpoints/${endpointId}/a-${suffix}`;

const OPERATIONS: Readonly<Record<string, (n: Named) => Promise<unknown>>> = {
  getEndpoint: (n) => getEndpoint(t.agent, n),
  listCurrentVersions: (n) => listCurrentVersions(t.agent, { orgId: n.orgId, secretArns: [n.secretArn] }),
  followStoreVersion: (n) => followStoreVersion(t.agent, { ...n, from: '1', to: '2' }),
  followSecretMadeAnew: (n) => followSecretMadeAnew(t.rotator, { orgId: n.orgId, from: ofSecretsManager(n, 'AbCdEf'), to: ofSecretsManager(n, 'GhIjKl') }),
  acquireSharedLease: (n) => acquireSharedLease(t.agent, { ...n, holder: 'h', ttlMs: 1000 }),
  acquireExclusiveLease: (n) => acquireExclusiveLease(t.rotator, { ...n, holder: 'h', ttlMs: 1000, wantMs: 0 }),
  'renewLease of an agent': (n) => renewLease(t.agent, { ...n, ttlMs: 1000 }),
  renewLease: (n) => renewLease(t.rotator, { ...n, ttlMs: 1000 }),
  releaseLease: (n) => releaseLease(t.rotator, n),
  withdrawWriterIntent: (n) => withdrawWriterIntent(t.rotator, { ...n, holder: 'h' }),
  beginLoginAttempt: (n) => beginLoginAttempt(t.agent, { ...n, actor: 'agent', version: '1', fingerprints: PRINTS, rotationAttemptId: undefined as never }),
  recordKeptSession: (n) => recordKeptSession(t.agent, { ...n, version: '1' }),
  deviceValidity: (n) => deviceValidity(t.agent, n).then(({ now: _, ...validity }) => validity),
  deviceDates: (n) => deviceDates(t.migrator, n),
  noteDevice: (n) => noteDevice(t.agent, { ...n, act: 'kept' }),
  forgetDevice: (n) => forgetDevice(t.rotator, { ...n, actor: 'a', reason: 'r' }),
  checkLoginAttempt: (n) => checkLoginAttempt(t.rotator, { ...n, actor: 'rotator', version: '1', fingerprints: PRINTS }),
  finishLoginAttempt: (n) => finishLoginAttempt(t.rotator, { ...n, outcome: 'rejected', effect: 'bad', coolDownMs: 1000 }),
  remainingBudget: (n) => remainingBudget(t.agent, n),
  passwordState: (n) => passwordState(t.agent, { ...n, ...ASKED, version: '1', propagationDelayMs: 1000 }),
  passwordTries: (n) => passwordTries(t.rotator, { ...n, fingerprints: PRINTS, since: new Date(0) }).then(({ now: _, ...record }) => record),
  forgetPasswords: (n) => forgetPasswords(t.rotator, { ...n, keep: [] }),
  clearLogin: (n) => clearLogin(t.rotator, { ...n, kind: 'unlocked', actor: 'a', reason: 'r' }),
  followAccount: (n) =>
    followAccount(t.rotator, { ...n, from: n.loginIdentity, to: [{ id: identityOf('another'), keyId: '1' }], actor: 'a', knownAs: [n.loginIdentity] }),
  wantCredentialSearch: (n) => wantCredentialSearch(t.agent, n),
  wantSearchIfOutdated: (n) => wantSearchIfOutdated(t.agent, { ...n, fingerprints: [printOf('old')] }),
  startSearch: (n) => startSearch(t.rotator, n),
  noteSearched: (n) => noteSearched(t.rotator, { ...n, requests: 0 }),
  postponeSearch: (n) => postponeSearch(t.rotator, { ...n, requests: 0, forMs: 1 }),
  knownVersions: (n) => knownVersions(t.rotator, { ...n, limit: 10 }),
  outrunCopy: (n) => outrunCopy(t.agent, n),
  listCopiesElsewhere: (n) => listCopiesElsewhere(t.rotator, { ...n, secretArn: 'arn:of:another', limit: 10 }),
  listOtherSecrets: (n) => listOtherSecrets(t.rotator, { ...n, secretArn: 'arn:of:another', limit: 10 }),
  mayRemoveCopy: (n) => mayRemoveCopy(t.rotator, { ...n, currentVersion: '1' }),
  reserveTotpStep: (n) => reserveTotpStep(t.agent, { ...n, periodSeconds: 30, skew: 1 }),
  spendBackupCode: (n) => spendBackupCode(t.agent, { ...n, codes: [PRINTS] }),
  takeCodeTurn: (n) => takeCodeTurn(t.agent, { ...n, publicKey: Buffer.alloc(294), forMs: 60_000 }),
  askForCode: (n) => askForCode(t.agent, { ...n, requestId: n.codeRequestId }, 60_000),
  takeCode: (n) => takeCode(t.agent, { ...n, requestId: n.codeRequestId }),
  endCodeTurn: (n) => endCodeTurn(t.agent, { ...n, requestId: n.codeRequestId }),
  listWantedCodes: (n) => listWantedCodes(t.agent, { orgId: n.orgId, limit: 10 }).then((wanted) => wanted.filter(({ id }) => id === n.codeRequestId)),
  keyOfCodeRequest: (n) => keyOfCodeRequest(t.agent, n.codeRequestId, { tenant: n.orgId }),
  answerCodeByMessage: (n) =>
    answerCodeByMessage(t.agent, { ...n, requestId: n.codeRequestId, sealed: Buffer.alloc(256), gateway: 'twilio', sentAt: null, prints: PRINTS }),
  'answerCodeByMessage with a code that lasts': (n) =>
    answerCodeByMessage(t.agent, {
      ...{ ...n, requestId: n.codeRequestId, sealed: Buffer.alloc(256), gateway: 'twilio', sentAt: null, prints: [printOf(randomUUID())] },
      lasting: { codePrints: [printOf('lasting')], ownPrints: [printOf('own')] },
    }),
  noteLastingCode: (n) => noteLastingCode(t.agent, { ...n, codePrints: [printOf('lasting')], ownPrints: [printOf('own')], goodMs: 60_000 }),
  isCodeOver: (n) => isCodeOver(t.agent, { ...n, since: new Date(0) }),
  answerCodeAsProgram: (n) => answerCodeAsProgram(t.agent, { ...n, requestId: n.codeRequestId, sealed: Buffer.alloc(256), token: REQUESTER }),
  planRotation: (n) => planRotation(t.rotator, { ...n, attemptId: randomUUID(), owner: 'o', reason: 'due', baseVersion: '1', recipeHash: 'h' }),
  requestRotation: (n) => requestRotation(t.rotator, { ...n, kind: 'compromise', actor: 'a', reason: 'r' }),
  answerRequest: (n) => answerRequest(t.rotator, { ...n, requestId: randomUUID(), answer: 'done' }),
  noteLookedAt: (n) => noteLookedAt(t.rotator, { ...n, requestId: randomUUID() }),
  getOpenAttempt: (n) => getOpenAttempt(t.rotator, n),
  adoptAttempt: (n) => adoptAttempt(t.rotator, { ...n, owner: 'rotator' }),
  advanceAttempt: (n) => advanceAttempt(t.rotator, { ...n, from: 'planned', to: 'staged' }),
  waitAttempt: (n) => waitAttempt(t.rotator, { ...n, from: 'planned', untilMs: 1, detail: 'x' }),
  resumeAttempt: (n) => resumeAttempt(t.rotator, n),
  blockAttempt: (n) => blockAttempt(t.rotator, { ...n, from: 'planned', detail: 'x' }),
  promoteAttempt: (n) => promoteAttempt(t.rotator, { ...n, promotedVersion: '2', previousVersion: '1' }),
  finishAttempt: (n) => finishAttempt(t.rotator, { ...n, from: 'planned', end: 'abandoned' }),
  bringRotationForward: (n) => bringRotationForward(t.agent, { ...n, expiresAt: new Date() }),
  isDue: (n) => isDue(t.rotator, n),
  watchedLogin: (n) => watchedLogin(t.rotator, n),
  putOffRotation: (n) => putOffRotation(t.rotator, { ...n, forMs: 60_000, tell: 'x' }),
  rotationTo: (n) => rotationTo(t.rotator, { ...n, version: '1' }),
  beginLook: (n) => beginLook(t.rotator, n),
  endLongWait: (n) => endLongWait(t.rotator, n),
  resolveAsFound: (n) => resolveAsFound(t.rotator, { ...n, detail: 'x', found: 'staged' }),
  resolveAsUnchanged: (n) => resolveAsUnchanged(t.rotator, { ...n, detail: 'x', dueAgainMs: 1000 }),
  announceSuccessor: (n) => announceSuccessor(t.rotator, { ...n, detail: 'x', successor: { attemptId: randomUUID(), baseVersion: '1' } }),
  resolveBySuccessor: (n) => resolveBySuccessor(t.rotator, { ...n, detail: 'x', successorId: n.attemptId }),
  coolDownLogin: (n) => coolDownLogin(t.agent, { ...n, version: '1', actor: 'agent', forMs: 1000 }),
  knowsRotation: (n) => knowsRotation(t.agent, n),
  mayBeLocked: (n) => mayBeLocked(t.agent, n),
  noteCopyRemoved: (n) => noteCopyRemoved(t.rotator, n),
  recordManualRotation: (n) => recordManualRotation(t.rotator, { ...n, version: '2', actor: 'a', proof: 'login' }),
  recordManualRefusal: (n) => recordManualRefusal(t.rotator, { ...n, version: '2', actor: 'a', detail: 'x', isAskedAgain: false }),
  createPortalTask: (n) => createPortalTask(t.agent, { ...n, name: 'n', input: {}, requester: REQUESTER }),
  claimPortalTask: (n) => claimPortalTask(t.agent, { ...n, worker: 'w', ttlMs: 1000 }),
  renewTaskClaim: (n) => renewTaskClaim(t.agent, { ...n, worker: 'w', ttlMs: 1000 }),
  requeuePortalTask: (n) => requeuePortalTask(t.agent, { ...n, worker: 'w', delayMs: 0, reason: 'r', countsAsTry: false }),
  finishPortalTask: (n) => finishPortalTask(t.agent, { ...n, worker: 'w', result: {} }),
  readPortalTask: (n) => readPortalTask(t.agent, { ...n, reader: REQUESTER }),
  getPortalTask: (n) => getPortalTask(t.agent, n),
  endCallbackTry: (n) => endCallbackTry(t.agent, { ...n, tries: 0, taken: true }),
  'endCallbackTry of one that failed': (n) => endCallbackTry(t.agent, { ...n, tries: 0, failure: 'refused 404', retryMs: null }),
  tellRowAndStoreDiffer: (n) => tellRowAndStoreDiffer(t.agent, n),
  recordMigrated: (n) => recordMigrated(t.migrator, { ...n, version: '1', fingerprint: 'f' }),
  beginFirstSecret: (n) => beginFirstSecret(t.migrator, { ...n, place: 'ssm:aws:us-east-1:111111111111' }),
  leaveFirstPlace: (n) => leaveFirstPlace(t.migrator, { ...n, place: 'ssm:aws:us-east-1:111111111111' }),
  beginMove: (n) => beginMove(t.migrator, { ...n, place: 'ssm:aws:us-east-1:111111111111' }),
  endMove: (n) => endMove(t.migrator, { ...n, place: 'ssm:aws:us-east-1:111111111111' }),
  recordMove: (n) =>
    recordMove(
      t.migrator,
      {
        ...n,
        from: { secretArn: n.secretArn, version: '1', place: 'here' },
        to: { secretArn: `${n.secretArn}-2`, version: '1', place: 'there' },
      },
      DECIDED,
    ),
  unnamedSecretsOf: (n) => unnamedSecretsOf(t.migrator, n),
  noteUnnamedRemoved: (n) => noteUnnamedRemoved(t.migrator, { ...n, place: 'there' }, DECIDED),
  gatherCredentials: (n) => gatherCredentials(t.migrator, { ...n, place: ['login'] }),
  scrubElsewhere: (n) => scrubElsewhere(t.migrator, { ...n, placesOf: () => [['note']], paths: ['note'], actor: 'a', reason: 'x' }),
  claimLegacy: (n) => claimLegacy(t.migrator, { ...n, holder: 'h', ttlMs: 1000 }),
  releaseClaim: (n) => releaseClaim(t.migrator, { ...n, holder: 'h' }),
  recordProof: (n) => recordProof(t.migrator, { ...n, version: '1', fingerprint: 'f', row: HELD_NOTHING }),
  rowSinceRecorded: (n) => rowSinceRecorded(t.migrator, { ...n, fingerprints: [`1:${'a'.repeat(64)}`] }),
  wasPromoted: (n) => wasPromoted(t.migrator, n),
  readLegacy: (n) => readLegacy(t.migrator, n),
  recordResolved: (n) => recordResolved(t.migrator, { ...n, ...DECIDED, version: '2', fingerprint: 'f' }),
  recordResolvedRow: (n) => recordResolvedRow(t.migrator, { ...n, ...DECIDED, holder: 'h' }),
  hasFullBudget: (n) => hasFullBudget(t.migrator, n),
  scrubEndpoint: (n) => scrubEndpoint(t.migrator, { ...n, ...HELD_NOTHING, proofMaxAgeMs: 1000 }),
  restoreLegacyCredentials: (n) => restoreLegacyCredentials(t.migrator, { ...n, ...HELD_NOTHING, credentials: new Secret({}), actor: 'a', reason: 'x' }),
};

/** What a caller can learn: the answer, or code and sentence of the error, with the names it gave itself left out. */
async function answerOf(operation: (n: Named) => Promise<unknown>, named: Named): Promise<string> {
  const said = await operation(named).then(
    (value) => JSON.stringify({ value }, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)),
    (error: unknown) => JSON.stringify({ code: (error as { code?: unknown }).code, message: String(error) }),
  );
  return said.replaceAll(named.orgId, 'ORG').replaceAll(named.endpointId, 'ENDPOINT');
}

describe('with another tenant’s names', () => {
  let mine: Named;
  let other: Named;
  beforeAll(async () => void ([mine, other] = [await busyTenant(), await busyTenant()]));
  const everything = async () => {
    const rows = [];
    for (const table of [
      'integration_endpoint',
      'login_lease',
      'login_attempt',
      'rotation_attempt',
      'portal_task',
      'task_callback',
      'audit_event',
      'migration_proof',
      'login_identity',
      'login_clearance',
      'login_device',
      'backup_code_spent',
      'code_request',
      'inbound_seen',
      'mailbox_turn',
      'notice',
      'rotation_request',
      'login_request',
      'break_glass_reading',
      'login_typing',
      'audit_check',
      'portal_look',
      'portal_look_picture',
      'tenant_data_key',
    ])
      rows.push(await t.sql(`SELECT * FROM ${table} ORDER BY 1, 2`));
    return rows;
  };

  test.each(Object.entries(OPERATIONS))('%s answers as if there were no such thing, and changes nothing', async (_, operation) => {
    const before = await everything();
    const asked = await answerOf(operation, { ...other, orgId: mine.orgId });
    expect(await everything()).toEqual(before);
    expect(asked).toBe(await answerOf(operation, { ...nobodys(), orgId: mine.orgId }));
  });

  test('a lease, an attempt or a task of another tenant is of no use with one’s own endpoint', async () => {
    expect(await beginLoginAttempt(t.agent, { ...mine, leaseId: other.leaseId, actor: 'agent', version: '1', fingerprints: PRINTS })).toMatchObject({
      reason: 'lease_lost',
    });
    const to = [{ id: identityOf('another'), keyId: '1' }];
    expect(await followAccount(t.rotator, { ...mine, leaseId: other.leaseId, from: mine.loginIdentity, to, actor: 'a', knownAs: [mine.loginIdentity] })).toBe(
      'rotation_open',
    );
    expect(await advanceAttempt(t.rotator, { ...mine, attemptId: other.attemptId, fence: other.fence, from: 'planned', to: 'staged' })).toBe(false);
    expect(await finishPortalTask(t.agent, { ...mine, taskId: other.taskId, worker: 'w', result: {} })).toBe(false);
  });

  test('a tenant that is no id is refused before anything is asked: it could mean every tenant', async () => {
    for (const orgId of ['*', '', 'a b', `x' OR '1'='1`])
      await expect(getEndpoint(t.agent, { ...mine, orgId })).rejects.toMatchObject({ code: 'input_invalid' });
  });
});

test('the tenant ends with its transaction: whoever gets the connection next has none, also after one that failed', async () => {
  const { orgId } = await makeEndpoint(t.db);
  const db = openDatabase({ url: urlFor('rcm_agent', t.url), applicationName: 'one connection', role: 'rcm_agent', maxConnections: 1 });
  const tenant = (tx: Transaction) => tx.$queryRaw<{ tenant: string | null }[]>`SELECT nullif(current_setting('app.tenant_id', true), '') AS tenant`;
  try {
    expect(await db.transaction({ tenant: orgId }, tenant)).toEqual([{ tenant: orgId }]);
    expect(await db.transaction('no tenant', tenant)).toEqual([{ tenant: null }]);
    await db.transaction({ tenant: orgId }, () => Promise.reject(new Error('stop'))).catch(() => {});
    expect(await db.transaction('no tenant', tenant)).toEqual([{ tenant: null }]);
  } finally {
    await db.close();
  }
});

describe('what looks at every tenant', () => {
  const ACROSS: Readonly<Record<string, (db: TestDatabase['agent']) => Promise<unknown>>> = {
    findEndpoint: (db) => findEndpoint(db, { endpointId: 'endpoint-1' }),
    listEndpoints: (db) => listEndpoints(db, { limit: 10 }),
    listDueEndpoints: (db) => listDueEndpoints(db, { limit: 10 }),
    listSharedIdentities: (db) => listSharedIdentities(db, { limit: 10 }),
    setNextRotation: (db) => setNextRotation(db, { endpointIds: 'all', at: 'now' }),
    listLeases,
    listAttempts: (db) => listAttempts(db, { limit: 10 }),
    listOpenAttempts: (db) => listOpenAttempts(db, { limit: 10 }),
    listLegacyEndpoints: (db) => listLegacyEndpoints(db, { limit: 10 }),
    listConfigs: (db) => listConfigs(db, { limit: 10 }),
    listWantedSearches: (db) => listWantedSearches(db, { limit: 10, pauseMs: 0 }),
    countRefusedLogins,
    fleetFigures: (db) => fleetFigures(db, { windowMs: 600_000, suspects: 3 }),
    keptLength: (db) => keptLength(db, { portalTypeCode: 'alpine' }),
    listCopiesToRemove: (db) => listCopiesToRemove(db, { limit: 10 }),
    'traceLogins of a task': (db) => traceLogins(db, { id: '00000000-0000-4000-8000-000000000000' }),
    listProofs: (db) => listProofs(db, { limit: 10 }),
    migrationCounts,
    migrationByOrganization,
  };

  test.each(Object.entries(ACROSS))('%s shows an agent nothing', async (_, operation) => {
    const said = await operation(t.agent).then(
      (value) => value,
      (error: unknown) => (error as { code?: unknown }).code,
    );
    expect([null, 0, 'database_failed', '[]']).toContain(Array.isArray(said) ? JSON.stringify(said) : said);
  });

  test('shows a rotator all of it', async () => {
    const endpoint = await makeEndpoint(t.db);
    expect(await findEndpoint(t.rotator, endpoint)).toMatchObject({ orgId: endpoint.orgId });
    expect((await listEndpoints(t.rotator, { limit: 1000 })).length).toBeGreaterThan(1);
  });

  test('an agent learns whose an endpoint is, and nothing else of it', async () => {
    const endpoint = await makeEndpoint(t.db);
    expect(await findOrganization(t.agent, endpoint)).toBe(endpoint.orgId);
    expect(await findOrganization(t.agent, { endpointId: 'nobodys' })).toBeNull();
  });
});
