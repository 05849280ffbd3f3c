import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parsePayload, parseReference } from '@rcm/credentials';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readRotatorConfig } from '../config.ts';
import { itInLongForm } from '../long-form.fixture.ts';
import { openRotator } from '../services.ts';
import { HOUR, type Login, MINUTE, openRowEnvironment, refusals, type RowEnvironment } from './row-environment.fixture.ts';
import { type StoreCall, openStoreProxy, type StoreProxy } from './store-proxy.fixture.ts';

const ROTATOR = fileURLToPath(new URL('../machine/paused-rotator.fixture.ts', import.meta.url));
const THEIRS = { mfa_seed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', note: 'written by a person' };

let row: RowEnvironment;
let proxy: StoreProxy;
const children: ChildProcess[] = [];
beforeAll(async () => {
  row = await openRowEnvironment();
  proxy = await openStoreProxy(row.testEnvironment.aws.endpoint);
});
afterEach(() => proxy.deny(null));
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await proxy?.close();
  await row?.close();
});

const environment = () => ({
  ...row.testEnvironment.environmentOf('rcm_rotator'),
  RCM_AWS_ENDPOINT: proxy.endpoint,
  RCM_TENANT_ROLE_ARN: row.testEnvironment.aws.tenantRoleArn('rotator'),
  RCM_LOG_LEVEL: 'error',
  RCM_SUBMIT_DEADLINE_MS: '60000',
  RCM_LEASE_TTL_MS: '90000',
  ...(process.env.RCM_CHROMIUM_PATH ? { RCM_CHROMIUM_PATH: process.env.RCM_CHROMIUM_PATH } : {}),
});

/** The write that makes something current; a rehearsal names a pattern that nothing satisfies. */
const writesCurrent =
  ({ secretArn }: Login) =>
  ({ operation, input }: StoreCall): boolean =>
    operation === 'PutParameter' && input.Overwrite === true && input.AllowedPattern === undefined && secretArn.endsWith(`:parameter${String(input.Name)}`);

/** A rotator of its own that is stopped while its write of the new current password is on the way, for longer than its lease. */
async function stoppedAtItsWrite(login: Login) {
  const reached = proxy.hold(writesCurrent(login));
  const child = spawn(process.execPath, [ROTATOR, login.id, login.orgId, 'never', 'before'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment() },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  const write = await reached;
  child.kill('SIGSTOP');
  await row.sql('DELETE FROM login_lease WHERE login_identity = $1', [login.loginIdentity]);
  const ended = once(child, 'exit');
  return {
    /** The write arrives now; the rotator goes on, and comes to its end. */
    async goesOn() {
      await write.arrive();
      write.answer();
      child.kill('SIGCONT');
      await ended;
    },
    /** The write arrives now, and the rotator never hears of it. */
    async dies() {
      await write.arrive();
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function expectRight({ id }: Login): Promise<void> {
  await row.untilIn(id, { stepMs: 10 * MINUTE, atMostMs: HOUR });
  expect(await row.testEnvironment.portalAcceptsStore(id)).toBe(true);
  expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
}

describe('a rotator that is stopped in its write, while another one finishes its attempt', () => {
  // One that dies is tried below, where a person has written: what it leaves behind is harder there.
  for (const end of isLongForm() ? (['goesOn', 'dies'] as const) : (['goesOn'] as const)) {
    it(`and rotates again: the newer password stays (the stopped one ${end === 'dies' ? 'dies' : 'goes on'})`, async () => {
      const login = await row.testEnvironment.addEndpoint('alpine');
      const stopped = await stoppedAtItsWrite(login);
      expect([await row.rotateToEnd(login.id), await row.rotateToEnd(login.id)]).toEqual(['done', 'done']);
      const { password } = (await row.open(login.id)).fields;
      await stopped[end]();
      expect(await row.holdsAccepted(login.id)).toBe(true);
      await expectRight(login);
      expect((await row.open(login.id)).fields.password).toBe(password);
      expect(await row.rotateToEnd(login.id)).toBe('done');
      await expectRight(login);
    });
  }

  itInLongForm('and a person puts a new seed into the secret: it stays', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    const stopped = await stoppedAtItsWrite(login);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await row.edit(login.id, THEIRS);
    await stopped.goesOn();
    await expectRight(login);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await expectRight(login);
    expect((await row.open(login.id)).fields).toMatchObject(THEIRS);
  });

  it('and a person puts a new seed into the secret, and the stopped one dies: the login works, and what they wrote is still in the store', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    const stopped = await stoppedAtItsWrite(login);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await row.edit(login.id, THEIRS);
    const { version } = await row.open(login.id);
    await stopped.dies();
    await expectRight(login);
    // The dead one wrote what a person writes who takes their edit back, byte for byte: nobody puts it right unasked, and nothing is gone.
    const kept = await row.rotator.stores.forTenant(login.orgId).readVersion(parseReference(login.secretArn), version);
    expect(kept && parsePayload(kept.text).reveal()).toMatchObject(THEIRS);
  });
});

describe('a rotation whose end can be known beforehand', () => {
  it('changes nothing at the portal where nobody lets it write the current secret', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    const opened = openRotator(readRotatorConfig({ ...process.env, ...environment() }));
    proxy.deny((call) => writesCurrent(login)({ ...call, input: { ...call.input, AllowedPattern: undefined } }));
    await row.rotate(login.id, opened.rotator).finally(() => opened.close());
    expect(await row.history(login.id)).toMatchObject({ passwordsChanged: 0, locked: false });
    expect(await row.testEnvironment.portalAcceptsStore(login.id)).toBe(true);
    expect(await row.open(login.id)).toMatchObject({ version: '1' });
    proxy.deny(null);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await expectRight(login);
  });
});
