import { parsePayload, parseReference } from '@rcm/credentials';
import { listAttempts, listPauses } from '@rcm/db/rotation';
import { Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { commandEnvironment } from './command-environment.fixture.ts';
import { callRotator, type CommandEnd, runRotator } from './process.fixture.ts';
import { setPortalType as setTypeOf } from './set-portal-type.fixture.ts';
import { dyingStores, openRotatorEnvironment, type RotatorEnvironment } from './testing.fixture.ts';

let opened: RotatorEnvironment;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  opened = await openRotatorEnvironment({
    endpoints: ['alpine', 'alpine', 'alpine', 'alpine', 'cascade', 'cascade', 'cascade'],
    portalType: { propagationDelayMs: 200 },
  });
  environment = { ...commandEnvironment(opened.testEnvironment), RCM_HEALTH_PORT: '0', RCM_LEASE_WAIT_MS: '10000' };
});
afterAll(() => opened?.close());

const rotator = (...parameters: string[]): Promise<CommandEnd> =>
  callRotator([...parameters, ...(parameters[0] === 'rotate' && !parameters.includes('--reason') ? ['--reason', 'a test'] : []), '--json'], environment);
/** Who signed in is AWS's to say; the name behind it is only said. */
const SIGNED_IN = expect.stringMatching(/^person:sts:arn:aws:sts::\d+:assumed-role\/rcm-rotator-task\/\S+ says jane$/);
const errorOf = (end: CommandEnd) => end.json<{ error: { code: string; message: string } }>().error;
const outcomeOf = (end: CommandEnd) => end.json<{ rotations: { result: string; code: string | null; detail: string }[] }>().rotations[0];

const setPortalType = (code: string, changes: object) => setTypeOf(opened.testEnvironment, code, changes);

describe('what nobody may rotate is refused with a code, and nothing changes', () => {
  const before = new Map<string, unknown>();
  const unchanged = async (id: string) => expect(await opened.snapshot(id)).toEqual(before.get(id));
  const remember = async (id: string) => void before.set(id, await opened.snapshot(id));

  it('a rotation that nobody gives a reason for', async () => {
    await remember('alpine-1');
    const end = await callRotator(['rotate', '--endpoint', 'alpine-1', '--json'], environment);
    expect([end.code, errorOf(end)]).toMatchObject([2, { code: 'input_invalid', message: expect.stringContaining('--reason') }]);
    await unchanged('alpine-1');
  });

  it('an endpoint that is not there', async () => {
    const end = await rotator('rotate', '--endpoint', 'alpine-99');
    expect([end.code, errorOf(end)]).toEqual([1, { code: 'endpoint_unknown', message: 'There is no endpoint alpine-99. Nothing was changed.', todo: null }]);
  });

  it('a portal type without rules is not even saved', async () => {
    await expect(setPortalType('alpine', { passwordRules: ' ' })).rejects.toMatchObject({ code: 'input_invalid' });
  });

  it('rules that no password meets', async () => {
    await remember('cascade-5');
    await setPortalType('cascade', { passwordRules: 'maxlength: 2; required: upper; required: lower; required: digit' });
    const end = await rotator('rotate', '--endpoint', 'cascade-5');
    await setPortalType('cascade', {
      passwordRules: 'minlength: 8; maxlength: 12; required: lower; required: upper; required: digit; allowed: [#$@!]; history: 4',
    });
    expect([end.code, outcomeOf(end)]).toMatchObject([1, { result: 'failed', code: 'input_invalid', detail: expect.stringContaining('3 required rules') }]);
    await unchanged('cascade-5');
  });

  it('a portal that people rotate', async () => {
    await remember('cascade-5');
    await setPortalType('cascade', { rotationMode: 'manual' });
    const end = await rotator('rotate', '--endpoint', 'cascade-5');
    await setPortalType('cascade', { rotationMode: 'automatic' });
    expect([end.code, outcomeOf(end)]).toMatchObject([1, { result: 'not_started', code: 'rotation_manual', detail: expect.stringContaining('by hand') }]);
    await unchanged('cascade-5');
  });

  it('an account that its portal has locked', async () => {
    const { portal, username, loginIdentity, orgId } = opened.testEnvironment.endpoint('alpine-4');
    await opened.sql(
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect)
       VALUES ($1, $2, 'alpine-4', gen_random_uuid(), 'agent', '1', now(), now(), 'locked', 'none')`,
      [loginIdentity, orgId],
    );
    await remember('alpine-4');
    const end = await rotator('rotate', '--endpoint', 'alpine-4', '--reason', 'compromise');
    expect([end.code, outcomeOf(end)]).toMatchObject([
      1,
      { result: 'not_started', code: 'login_locked', detail: expect.stringContaining('Nothing was changed') },
    ]);
    await unchanged('alpine-4');
    expect((await opened.testEnvironment.portals.account(portal, username)).loginsAccepted).toBe(0);
  });

  it.each(['min-age-hours: 24', 'changes-per-day: 1'])('a password that is too young for its portal: %s', async (rule) => {
    await opened.sql(`UPDATE integration_endpoint SET last_rotated_at = now() WHERE id = 'cascade-6'`, []);
    await remember('cascade-6');
    await setPortalType('cascade', { passwordRules: `minlength: 8; maxlength: 12; required: lower; required: digit; ${rule}` });
    const end = await rotator('rotate', '--endpoint', 'cascade-6');
    await setPortalType('cascade', {
      passwordRules: 'minlength: 8; maxlength: 12; required: lower; required: upper; required: digit; allowed: [#$@!]; history: 4',
    });
    expect([end.code, outcomeOf(end)]).toMatchObject([
      1,
      { result: 'not_started', code: 'rotation_refused', detail: expect.stringContaining('lets this password be changed from') },
    ]);
    await unchanged('cascade-6');
  });

  it('a login that lies under another secret too', async () => {
    const [own, other] = [opened.testEnvironment.endpoint('alpine-3'), opened.testEnvironment.endpoint('alpine-1')];
    await opened.sql(`UPDATE integration_endpoint SET login_identity = $1 WHERE id = 'alpine-1'`, [own.loginIdentity]);
    await remember('alpine-3');
    const end = await rotator('rotate', '--endpoint', 'alpine-3');
    expect([end.code, outcomeOf(end)]).toMatchObject([
      1,
      { result: 'not_started', code: 'rotation_refused', detail: expect.stringContaining('under another secret') },
    ]);
    await unchanged('alpine-3');
    await opened.sql(`UPDATE integration_endpoint SET login_identity = $1 WHERE id = 'alpine-1'`, [other.loginIdentity]);
  });

  it('a store without the secret', async () => {
    const { secretArn } = opened.testEnvironment.endpoint('cascade-7');
    await opened.sql(`UPDATE integration_endpoint SET secret_arn = $1 WHERE id = 'cascade-7'`, [secretArn.replace('cascade-7', 'cascade-77')]);
    await remember('cascade-7');
    const end = await rotator('rotate', '--endpoint', 'cascade-7');
    expect([end.code, outcomeOf(end)]).toMatchObject([1, { result: 'failed', code: 'secret_missing' }]);
    await unchanged('cascade-7');
    await opened.sql(`UPDATE integration_endpoint SET secret_arn = $1 WHERE id = 'cascade-7'`, [secretArn]);
  });
});

describe('pause and resume', () => {
  afterEach(() => opened.sql('DELETE FROM rotation_pause', []));

  it.each([
    ['--all', []],
    ['--portal-type', ['alpine']],
    ['--endpoint', ['alpine-1']],
  ])('%s: nothing starts until it ends, and says who paused why', async (flag, value) => {
    expect((await rotator('pause', flag, ...value, '--reason', 'audit week', '--actor', 'jane')).code).toBe(0);
    const end = await rotator('rotate', '--endpoint', 'alpine-1');
    expect([end.code, outcomeOf(end)]).toMatchObject([1, { result: 'not_started', code: 'rotation_refused', detail: expect.stringContaining('paused') }]);
    const status = (await rotator('status')).json<{ pauses: object[] }>();
    expect(status.pauses).toMatchObject([{ actor: SIGNED_IN, reason: 'audit week' }]);
    expect((await rotator('resume', flag, ...value, '--reason', 'over')).json()).toMatchObject({ wasPaused: true });
    expect(await listPauses(opened.testEnvironment.db)).toEqual([]);
    const events = await opened.sql<{ action: string }>(`SELECT action FROM audit_event WHERE action LIKE 'rotation.%ed' ORDER BY seq DESC LIMIT 2`, []);
    expect(events.map(({ action }) => action)).toEqual(['rotation.resumed', 'rotation.requested']);
  });

  it('need a reason and one scope, and do nothing on a dry run', async () => {
    const ends = [
      await rotator('pause', '--all'),
      await rotator('pause', '--reason', 'x'),
      await rotator('pause', '--all', '--portal-type', 'alpine', '--reason', 'x'),
      await rotator('pause', '--portal-type', 'nowhere', '--reason', 'x'),
    ];
    expect(ends.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect((await rotator('pause', '--all', '--dry-run')).code).toBe(0);
    expect(await listPauses(opened.testEnvironment.db)).toEqual([]);
  });
});

describe('rollback', () => {
  const passwordOf = async (id: string) => {
    const { orgId, secretArn } = opened.testEnvironment.endpoint(id);
    const current = await opened.testEnvironment.stores.forTenant(orgId).read(parseReference(secretArn));
    return current && parsePayload(current.text).reveal().password;
  };

  it('goes forward to the previous password, with who and why in the audit trail', async () => {
    const { portal, username } = opened.testEnvironment.endpoint('alpine-2');
    const early = await rotator('rollback', '--endpoint', 'alpine-2', '--reason', 'x');
    expect([early.code, errorOf(early).code]).toEqual([1, 'rotation_refused']);

    const first = await passwordOf('alpine-2');
    expect((await rotator('rotate', '--endpoint', 'alpine-2')).code).toBe(0);
    expect(await passwordOf('alpine-2')).not.toBe(first);
    const end = await rotator('rollback', '--endpoint', 'alpine-2', '--reason', 'the claims system knows the old one', '--actor', 'jane');
    expect([end.code, await passwordOf('alpine-2')]).toEqual([0, first]);
    expect(await opened.testEnvironment.portalAcceptsStore('alpine-2')).toBe(true);
    expect(await opened.testEnvironment.portals.account(portal, username)).toMatchObject({ loginsRejected: 0, passwordsChanged: 2 });
    const [newest] = (await listAttempts(opened.testEnvironment.db, { limit: 100 })).filter(({ endpointId }) => endpointId === 'alpine-2');
    expect(newest).toMatchObject({ reason: 'rollback', chosenVersion: '1', state: 'done' });
    expect(await opened.audit('rotation.rollback', 'alpine-2')).toMatchObject([{ actor: SIGNED_IN, reason: 'the claims system knows the old one' }]);
  });

  it('is refused before anything is touched where the portal remembers old passwords', async () => {
    await rotator('rotate', '--endpoint', 'cascade-5');
    const before = await opened.snapshot('cascade-5');
    const end = await rotator('rollback', '--endpoint', 'cascade-5', '--reason', 'x');
    expect([end.code, errorOf(end)]).toMatchObject([1, { code: 'rotation_refused', message: expect.stringContaining('remembers the last 4') }]);
    expect(await opened.snapshot('cascade-5')).toEqual(before);
  });
});

describe('once', () => {
  it('goes on with what an earlier one left open', async () => {
    const id = 'cascade-7';
    const { patient } = opened;
    await expect(opened.rotate(id, { ...patient, stores: dyingStores(patient.stores, 'promote', 'before') })).rejects.toThrow('died before promote');
    expect((await opened.sql<{ state: string }>(`SELECT state FROM rotation_attempt WHERE endpoint_id = $1`, [id])).map(({ state }) => state)).toEqual([
      'verified',
    ]);
    const end = await runRotator(['once', '--json'], environment);
    expect(end.json<{ rotations: object[] }>().rotations).toContainEqual(expect.objectContaining({ endpointId: id, result: 'done' }));
    expect(await opened.testEnvironment.portalAcceptsStore(id)).toBe(true);
  });
});

/** What no output of a command may hold. */
it('no command prints a password', async () => {
  const { orgId, secretArn } = opened.testEnvironment.endpoint('alpine-1');
  const current = await opened.testEnvironment.stores.forTenant(orgId).read(parseReference(secretArn));
  const { password } = parsePayload(current?.text ?? new Secret('')).reveal();
  const end = await runRotator(['rotate', '--endpoint', 'alpine-1', '--reason', 'a test', '--json'], { ...environment, RCM_LOG_LEVEL: 'trace' });
  expect(end.code).toBe(0);
  for (const text of [end.stdout, end.stderr, (await rotator('status')).stdout]) expect(text).not.toContain(password);
});
