import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference, type StoredSecret } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { planRotation } from '@rcm/db/rotation';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callRotator, type CommandEnd, runRotator } from '../process.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { readyToSet, setLogin } from './set-login.ts';

let opened: RotatorEnvironment;
let environment: Record<string, string>;

beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  environment = {
    ...opened.testEnvironment.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: opened.testEnvironment.aws.tenantRoleArn('rotator'),
    RCM_LOG_LEVEL: 'error',
    ...(process.env.RCM_CHROMIUM_PATH ? { RCM_CHROMIUM_PATH: process.env.RCM_CHROMIUM_PATH } : {}),
  };
});
afterAll(() => opened?.close());
// What one test's logins met says nothing about the portal to those of the next.
beforeEach(() =>
  opened.sql(
    `UPDATE login_attempt SET started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day', rests_until = rests_until - interval '1 day'`,
    [],
  ),
);

const NEW = 'Chosen-At-The-Portal-7';
const triesOf = async (at: EnvironmentEndpoint) => (await opened.testEnvironment.portals.history(at)).tries.map(({ ended }) => ended);
const setAtPortal = ({ portal, username }: EnvironmentEndpoint, password: string) =>
  opened.testEnvironment.portals.createAccount({ portal, username, password });
const rotator = (words: readonly string[], input?: string, run = callRotator): Promise<CommandEnd> => run([...words, '--json'], environment, input);
const asked = ({ id }: EnvironmentEndpoint, words: readonly string[]) => ['set', '--endpoint', id, '--reason', 'read from the letter', ...words];
const set = (at: EnvironmentEndpoint, input: string, ...words: string[]) => rotator(asked(at, words), input);
/** As a process of its own, whose log is looked at. */
const setApart = (at: EnvironmentEndpoint, input: string, ...words: string[]) => rotator(asked(at, words), input, runRotator);
const verify = (at: EnvironmentEndpoint, ...words: string[]) => rotator(['verify', '--endpoint', at.id, '--reason', 'a look', ...words]);
const codeOf = (end: CommandEnd) => end.json<{ error: { code: string } }>().error.code;
const refusedSince = async (at: EnvironmentEndpoint) =>
  (await opened.sql<{ refused: boolean }>('SELECT refused_since IS NOT NULL AS refused FROM login_identity WHERE id = $1', [at.loginIdentity]))[0]?.refused;

async function currentOf({ orgId, secretArn }: EnvironmentEndpoint): Promise<StoredSecret> {
  const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(secretArn));
  if (!current) throw new Error('the secret is gone');
  return current;
}
const payloadOf = async (at: EnvironmentEndpoint) => parsePayload((await currentOf(at)).text).reveal();

describe('set', () => {
  it('stores what was typed where the row names its secret by then: a login may be moved while somebody types', async () => {
    const [at, other] = [await opened.testEnvironment.addEndpoint('alpine'), await opened.testEnvironment.addEndpoint('alpine')];
    const endpoint = await readyToSet(opened.rotator, at.id);
    const left = await currentOf(at);
    const { version } = await opened.rotator.stores.forTenant(at.orgId).replace(parseReference(other.secretArn), left.text, (await currentOf(other)).version);
    await opened.sql('UPDATE integration_endpoint SET secret_arn = $1, current_version = $2 WHERE id = $3', [other.secretArn, version, at.id]);
    await setAtPortal(at, NEW);
    const typed = { password: new Secret(NEW), seed: null };
    const was = await setLogin(
      opened.rotator,
      { endpoint, typed, proof: 'login', actor: 'jane', reason: 'read from the letter' },
      new AbortController().signal,
    );
    const stored = await currentOf(other);
    expect([parsePayload(stored.text).reveal().password, stored.version]).toEqual([NEW, was.version]);
    expect((await currentOf(at)).version).toBe(left.version);
    expect(await getEndpoint(opened.rotator.db, { orgId: at.orgId, endpointId: at.id })).toMatchObject({
      secretArn: other.secretArn,
      currentVersion: was.version,
    });
  });

  it('takes no word for it where another password was made current while somebody typed: they knew the one before', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    const before = parsePayload((await currentOf(at)).text).reveal().password;
    const endpoint = await readyToSet(opened.rotator, at.id);
    await opened.rotate(at.id, opened.patient);
    const setting = { endpoint, typed: { password: new Secret(before), seed: null }, proof: 'unproved', actor: 'person:os:jane', reason: 'x' } as const;
    const ended = await setLogin(opened.rotator, setting, new AbortController().signal).then(
      () => 'none',
      (error: { code: string }) => error.code,
    );
    expect([await opened.testEnvironment.portalAcceptsStore(at.id), ended]).toEqual([true, 'state_conflict']);
  });

  it('makes what a person knows the next version, once the portal accepted it: the row follows, and nothing else in the secret changes', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    const before = await payloadOf(at);
    await setAtPortal(at, NEW);
    expect(codeOf(await verify(at))).toBe('login_rejected');
    expect(await refusedSince(at)).toBe(true);
    const end = await setApart(at, `${NEW}\n`, '--actor', 'jane');
    const { version } = await currentOf(at);
    expect([end.code, end.json()]).toEqual([
      0,
      { endpointId: at.id, dryRun: false, secretVersion: version, proved: true, failuresLeft: expect.any(Number) as number },
    ]);
    expect(await payloadOf(at)).toEqual({ ...before, password: NEW });
    expect(await getEndpoint(opened.rotator.db, { orgId: at.orgId, endpointId: at.id })).toMatchObject({ currentVersion: version });
    expect(await refusedSince(at)).toBe(false);
    expect((await verify(at)).code).toBe(0);
    const [told] = await opened.audit('secret.set', at.id);
    expect(told).toMatchObject({
      actor: expect.stringMatching(/^person:.* says jane$/) as string,
      reason: 'read from the letter',
      details: { fields: ['password'], proof: 'login' },
    });
    expect(end.stdout + end.stderr + JSON.stringify(told)).not.toContain(NEW);
  });

  it('changes nothing where the portal refuses it, with one login spent', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    const [before, tries] = [await currentOf(at), (await triesOf(at)).length];
    expect(codeOf(await set(at, 'A-Slip-Of-The-Finger-1\n'))).toBe('login_rejected');
    expect((await currentOf(at)).version).toBe(before.version);
    expect((await triesOf(at)).length).toBe(tries + 1);
    expect(await opened.audit('secret.set', at.id)).toEqual([]);
  });

  it('takes a person’s word without a login, and a seed beside the password', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    const tries = (await triesOf(at)).length;
    const end = await set(at, `${JSON.stringify({ password: NEW, mfa_seed: 'JBSWY3DPEHPK3PXP' })}\n`, '--unproved');
    expect([end.code, end.json<{ proved: boolean }>().proved]).toEqual([0, false]);
    expect(await payloadOf(at)).toMatchObject({ password: NEW, mfa_seed: 'JBSWY3DPEHPK3PXP' });
    expect((await triesOf(at)).length).toBe(tries);
  });

  it.each([
    ['nothing', '\n', set],
    ['JSON that is none', '{"password": "hunter2-secret\n', setApart],
    ['a field too many', '{"password": "hunter2-secret", "pasword": "x"}\n', set],
    ['no password', '{"mfa_seed": "JBSWY3DPEHPK3PXP"}\n', set],
    ['a seed that is none', '{"password": "hunter2-secret", "mfa_seed": "!"}\n', set],
  ])('takes no %s, names the field and no value, and does nothing', async (_, input, setting) => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    const before = await opened.snapshot(at.id);
    const end = await setting(at, input);
    expect([end.code, codeOf(end)]).toEqual([2, 'input_invalid']);
    expect(end.stdout + end.stderr).not.toContain('hunter2');
    expect(await opened.snapshot(at.id)).toMatchObject({ secret: (before as { secret: object }).secret, logins: (before as { logins: object[] }).logins });
  });
});

it('a dry run of either says how many failed logins are left and spends none, and without a reason neither is done', async () => {
  const at = await opened.testEnvironment.addEndpoint('alpine');
  const before = await opened.snapshot(at.id);
  for (const act of [await verify(at, '--dry-run'), await set(at, '', '--dry-run')])
    expect([act.code, act.json<{ failuresLeft: number }>().failuresLeft]).toEqual([0, expect.any(Number)]);
  for (const name of ['verify', 'set']) expect(codeOf(await rotator([name, '--endpoint', at.id], `${NEW}\n`))).toBe('input_invalid');
  expect(await opened.snapshot(at.id)).toEqual(before);
});

describe('while a rotation of the login is open', () => {
  async function exclusiveOf({ orgId, id }: EnvironmentEndpoint) {
    const answer = await acquireExclusiveLease(opened.rotator.db, { orgId, endpointId: id, holder: 'another', ttlMs: 60_000, wantMs: 0 });
    if (!answer.granted) throw new Error(answer.reason);
    return answer.lease;
  }

  /** Another rotator begins one, and lets the login go before it has ended. */
  async function leaveOpen(at: EnvironmentEndpoint, { id: leaseId, fence }: Awaited<ReturnType<typeof exclusiveOf>>): Promise<void> {
    const { db } = opened.rotator;
    const { orgId } = at;
    const plan = { attemptId: randomUUID(), leaseId, fence, endpointId: at.id, orgId, owner: 'another', recipeHash: 'h' };
    const { created } = await planRotation(db, { ...plan, reason: 'due', baseVersion: (await currentOf(at)).version });
    expect(created).toBe(true);
    await releaseLease(db, { orgId, leaseId });
  }

  it('neither is done', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    await leaveOpen(at, await exclusiveOf(at));
    for (const end of [await verify(at), await set(at, `${NEW}\n`)]) expect([end.code, codeOf(end)]).toEqual([1, 'state_conflict']);
  });

  it('nothing is verified either where it began while the login was waited for, and no login is spent', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    const lease = await exclusiveOf(at);
    const verifying = verify(at);
    // Written down once nothing was found to be open, before the login is waited for.
    await expect.poll(() => opened.audit('login.verify', at.id), { timeout: 600_000 }).toHaveLength(1);
    await leaveOpen(at, lease);
    const end = await verifying;
    expect([end.code, end.json(), await triesOf(at)]).toMatchObject([1, { error: { code: 'state_conflict' } }, []]);
  });
});
