import { globSync } from 'node:fs';
import { join } from 'node:path';
import { deviceReference, parseReference, type TenantDevices } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { acquireSharedLease } from '@rcm/db/leases';
import { forgetDevice } from '@rcm/db/ledger';
import { requestRotation } from '@rcm/db/rotation';
import { RcmError, Secret } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profiles, readIfThere } from './browser-files.fixture.ts';
import { loginDevice } from './login-device.ts';
import { counted, DeviceLogins, referenceOf } from './remembered-device.fixture.ts';
import { migratedEndpoint } from './stored-credential.ts';

const DAY_MS = 86_400_000;
const STARTED_MS = Date.now();

let logins: DeviceLogins;
let rotator: Database;
beforeAll(async () => {
  logins = await DeviceLogins.open();
  rotator = logins.environment.databaseAs('rcm_rotator');
});
afterAll(() => logins?.close());

describe('a login whose portal remembers its device', () => {
  // On a change each store is that of a login below, which does this among other things.
  it.each(isLongForm() ? (['ssm', 'secrets-manager', 'vault'] as const) : [])('is asked for a code once, and by no process again: %s', async (store) => {
    const [endpoint, one, two] = [await logins.account(store), logins.agent(), logins.agent()];
    expect(await logins.login(one, endpoint)).toBe('with a code');
    expect([await logins.login(one, endpoint), await logins.login(two, endpoint)]).toEqual(['without a code', 'without a code']);
    expect(await logins.events(endpoint)).toEqual(['login.device_kept']);
    expect([await counted(one), await counted(two)]).toEqual([['known 1', 'none 1'], ['known 1']]);
    expect(await logins.tries(endpoint)).toEqual([3, 0]);
  });

  it('is asked again once its days are over, and is another one then', async () => {
    const [endpoint, access] = [await logins.account('secrets-manager'), logins.agent()];
    await logins.login(access, endpoint);
    const before = await logins.stored(endpoint);
    const past = before?.text.map((text) => text.replace(/"remembered_at":"[^"]*"/, `"remembered_at":"${new Date(Date.now() - 30 * DAY_MS).toISOString()}"`));
    await logins.put(endpoint, past ?? new Secret(''));
    expect(await logins.login(access, endpoint)).toBe('with a code');
    expect([await logins.login(access, endpoint), await logins.tries(endpoint)]).toEqual(['without a code', [3, 0]]);
  });

  it('is asked again after a person’s word, and after a compromise, for good', async () => {
    const [endpoint, access] = [await logins.account(), logins.agent()];
    const owner = { orgId: endpoint.orgId, endpointId: endpoint.id, actor: 'person:os:jane', reason: 'a laptop was stolen' };
    await logins.login(access, endpoint);
    const before = await logins.stored(endpoint);
    await forgetDevice(rotator, owner);
    expect(await logins.login(access, endpoint)).toBe('with a code');
    expect(await logins.login(access, endpoint)).toBe('without a code');
    await requestRotation(rotator, { ...owner, kind: 'compromise' });
    expect(await logins.login(access, endpoint)).toBe('with a code');
    // Put back by whoever has an older copy of the store, it is as forgotten as it was.
    await logins.put(endpoint, before?.text ?? new Secret(''));
    expect(await logins.login(access, endpoint)).toBe('with a code');
    expect((await logins.events(endpoint)).slice(0, 3)).toEqual(['login.device_kept', 'login.device_forgotten', 'login.device_kept']);
  });

  it('goes on as ever where the portal has forgotten it, or another’s or a forged one lies there: one password, one code', async () => {
    const [endpoint, other, access] = [await logins.account(), await logins.account(), logins.agent()];
    await logins.login(access, endpoint);
    await logins.login(access, other);
    await logins.environment.portals.forgetDevices(endpoint);
    expect(await logins.login(access, endpoint)).toBe('with a code');
    const theirs = await logins.stored(other);
    await logins.put(endpoint, theirs?.text ?? new Secret(''));
    expect(await logins.login(access, endpoint)).toBe('with a code');
    await logins.put(endpoint, theirs?.text.map((text) => text.replaceAll(other.id, endpoint.id)) ?? new Secret(''));
    expect(await logins.login(access, endpoint)).toBe('with a code');
    expect(await logins.login(access, endpoint)).toBe('without a code');
    const sent = await logins.environment.portals.sentCodes(endpoint);
    expect([sent.map(({ typed }) => typed), await logins.tries(endpoint)]).toEqual([
      [1, 1, 1, 1],
      [5, 0],
    ]);
    expect((await logins.environment.portals.devices(other)).map(({ used }) => used)).toEqual([0]);
    // What names another login is not shown to the portal at all.
    expect(await counted(access)).toEqual(['known 1', 'asked 2', 'none 3']);
  });

  it('goes on as ever where the store is down before it, after it, or both', async () => {
    const [endpoint, access] = [await logins.account(), logins.agent()];
    const real = logins.agentsDevices();
    const down = () => Promise.reject(new RcmError('store_unavailable', 'The store is down.'));
    const faulty = (read: boolean, write: boolean): TenantDevices => ({
      forTenant: (orgId) => ({ ...real.forTenant(orgId), ...(read ? { read: down } : {}), ...(write ? { write: down } : {}) }),
      close: () => Promise.resolve(),
    });
    if (isLongForm()) expect(await logins.login(logins.agent(faulty(true, true)), endpoint)).toBe('with a code');
    expect(await logins.login(logins.agent(faulty(false, true)), endpoint)).toBe('with a code');
    expect(await logins.stored(endpoint)).toBeNull();
    const unread = logins.agent(faulty(true, false));
    expect(await logins.login(unread, endpoint)).toBe('with a code');
    expect(await counted(unread)).toEqual(['unread 1']);
    expect([await logins.login(access, endpoint), await logins.login(access, endpoint), await logins.tries(endpoint)]).toEqual([
      'with a code',
      'without a code',
      [isLongForm() ? 5 : 4, 0],
    ]);
  });

  it('asks again where the process died between the login and the write, and no half of a device is left', async () => {
    const endpoint = await logins.account();
    const real = logins.agentsDevices();
    const never: TenantDevices = {
      forTenant: (orgId) => ({ ...real.forTenant(orgId), write: () => Promise.reject(new Error('the process ended here')) }),
      close: () => Promise.resolve(),
    };
    expect(await logins.login(logins.agent(never), endpoint)).toBe('with a code');
    // It is known that one may lie there, and none does.
    expect([await logins.events(endpoint), await logins.stored(endpoint)]).toEqual([['login.device_kept'], null]);
    const access = logins.agent();
    expect([await logins.login(access, endpoint), await logins.login(access, endpoint)]).toEqual(['with a code', 'without a code']);
  });

  it('is made by two agents at once, and one of the two devices is kept, which is known', async () => {
    const [endpoint, one, two] = [await logins.account('vault'), logins.agent(), logins.agent()];
    await Promise.all([logins.login(one, endpoint), logins.login(two, endpoint)]);
    const state = JSON.stringify(await logins.stateOf(endpoint));
    expect((await logins.environment.portals.devices(endpoint)).filter(({ token }) => state.includes(token))).toHaveLength(1);
    expect([await logins.login(one, endpoint), await logins.login(two, endpoint)]).toEqual(['without a code', 'without a code']);
  });

  it('is not shown to a portal that forgets it with the password, once that was changed', async () => {
    const [endpoint, access] = [await logins.account(), logins.agent()];
    await logins.login(access, endpoint);
    await logins.environment.db.transaction(
      { tenant: endpoint.orgId },
      (tx) => tx.$executeRaw`UPDATE integration_endpoint SET last_rotated_at = now() WHERE id = ${endpoint.id}`,
    );
    expect(await logins.login(access, endpoint)).toBe('with a code');
    expect((await logins.environment.portals.devices(endpoint)).map(({ used }) => used)).toEqual([0, 0]);
    expect(await logins.login(access, endpoint)).toBe('without a code');
  });

  const ends = [
    ['unknown', true],
    ['rejected', false],
    ['mfa_required', true],
    ['unavailable', false],
  ] as const;

  it.each(ends.slice(0, isLongForm() ? 4 : 2))('after a login that had it and ended as %s, is given up: %s', async (outcome, isGivenUp) => {
    const [endpoint, access] = [await logins.account(), logins.agent()];
    const { orgId, id: endpointId } = endpoint;
    await logins.login(access, endpoint);
    const leased = await acquireSharedLease(access.db, { orgId, endpointId, holder: 'test-agent', ttlMs: 60_000 });
    if (!leased.granted || !access.devices) throw new Error('the login is not had');
    const device = loginDevice({
      ...{ db: access.db, logger: access.logger, devices: access.devices, endpoint: await migratedEndpoint(access.db, { orgId, endpointId }) },
      ...{ leaseId: leased.lease.id, rules: { days: 30, forgottenOnChange: true }, making: 'may make', signal: new AbortController().signal },
    });
    expect(await device.load()).not.toBeNull();
    await device.ended({ outcome, loginAttemptId: null, device: undefined, withCode: false });
    expect((await logins.stateOf(endpoint)) === null).toBe(isGivenUp);
    expect((await logins.events(endpoint)).includes('login.device_dropped')).toBe(isGivenUp);
  });

  it('keeps none, and uses none, where the deployment keeps no devices', async () => {
    const [endpoint, access] = [await logins.account(), { ...logins.agent(), devices: undefined }];
    expect([await logins.login(access, endpoint), await logins.login(access, endpoint), await logins.stored(endpoint)]).toEqual([
      'with a code',
      'with a code',
      null,
    ]);
  });
});

it('a device is another tenant’s, and another login’s, for nobody', async () => {
  const [endpoint, access] = [await logins.account(), logins.agent()];
  await logins.login(access, endpoint);
  const devices = logins.agentsDevices();
  await expect(devices.forTenant('hospital-two').read(referenceOf(endpoint))).rejects.toMatchObject({ code: 'reference_not_yours' });
  // What names no device is not reached, and what is a device is no login.
  await expect(devices.forTenant(endpoint.orgId).read(parseReference(endpoint.secretArn))).rejects.toMatchObject({ code: 'reference_invalid' });
  await expect(logins.environment.stores.forTenant(endpoint.orgId).read(referenceOf(endpoint))).rejects.toMatchObject({ code: 'reference_invalid' });
  const theirs = { ...parseReference(endpoint.secretArn), organizationId: 'hospital-two' };
  const fromIam = logins.agentsDevices();
  await expect(fromIam.forTenant('hospital-two').read(deviceReference(theirs, endpoint.id))).resolves.toBeNull();
});

it('no device is in a byte of Postgres, in a log, or in a file of the browser’s', async () => {
  const made = (await Promise.all(logins.environment.endpoints.map((endpoint) => logins.environment.portals.devices(endpoint)))).flat();
  const words = made.flatMap(({ token, mark }) => [token, mark]);
  expect(words.length).toBeGreaterThan(10);
  const holding = await logins.environment.db.transaction('no tenant', async (tx) => {
    await tx.$executeRaw`CHECKPOINT`;
    return tx.$queryRaw<{ name: string }[]>`
      SELECT f.name FROM pg_class c CROSS JOIN LATERAL (SELECT pg_relation_filepath(c.oid) AS name) f
       WHERE c.relkind IN ('r', 't', 'i') AND c.relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace) AND f.name IS NOT NULL
         AND EXISTS (SELECT FROM unnest(${words}::text[]) word WHERE position(convert_to(word, 'UTF8') IN pg_read_binary_file(f.name)) > 0)`;
  });
  expect(holding).toEqual([]);
  const files = profiles(STARTED_MS).flatMap((folder) => globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile()));
  expect(files.length).toBeGreaterThan(0);
  const inFile = files.filter(({ parentPath, name }) => {
    const bytes = readIfThere(join(parentPath, name));
    return words.some((word) => bytes.includes(word));
  });
  expect(inFile.map(({ name }) => name)).toEqual([]);
  for (const word of words) expect(logins.log.filter((line) => line.includes(word))).toEqual([]);
});
