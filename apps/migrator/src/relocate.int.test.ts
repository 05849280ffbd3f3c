import {
  createTenantDevices,
  deviceReference,
  parseDevice,
  parseReference,
  placeKey,
  referenceKey,
  type SecretReference,
  serializeDevice,
} from '@rcm/credentials';
import { taskRoleName } from '@rcm/credentials/policies';
import { unnamedSecretsOf } from '@rcm/db/migration';
import { Secret } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verify } from './commands/verify.ts';
import { relocateProved } from './credential/relocate-proved.ts';
import { lookRemoved } from './credential/look-removed.ts';
import { rotate, stored } from './testing.fixture.ts';
import { codeOf, LoginToMove, WHY } from './relocate.fixture.ts';

let w: LoginToMove;
beforeEach(async () => {
  if (backend() === 'embedded') w = await LoginToMove.open();
});
afterEach(() => w?.close());

describe.runIf(backend() === 'embedded')('a login whose secret is moved (the containers have one account)', () => {
  it.each(['ssm', 'secrets-manager'] as const)(
    'to another account, into %s: lies there to the last character, and the row follows with its event',
    async (kind) => {
      const to = kind === 'ssm' ? w.there : w.other;
      const before = await stored(w.migrator, w.seed);
      const from = (await w.rowOf()).secretArn;
      expect(await w.move(to)).toEqual({ is: 'moved', from: w.here(), to: placeKey(to) });
      expect((await stored(w.migrator, w.seed)).text).toBe(before.text);
      expect(await w.placeNow()).toBe(placeKey(to));
      expect(await w.unnamed()).toEqual([[w.here(), 'left']]);
      const events = await w.sql<{ actor: string; reason: string; details: object }>(
        `SELECT actor, reason, details FROM audit_event WHERE action = 'endpoint.moved'`,
      );
      expect(events).toMatchObject([{ ...WHY, details: { from, to: (await w.rowOf()).secretArn } }]);
      // Where it was, it is as it was.
      expect((await w.migrator.stores.forTenant(w.seed.orgId).read(parseReference(from)))?.text.reveal()).toBe(before.text);
      expect(await w.move(to)).toMatchObject({ is: 'already' });
      expect(await verify(w.migrator)).toMatchObject({ complete: true });
    },
  );

  it('back again after a rotation there: takes the new password along, over what had stayed', async () => {
    await w.move(w.there);
    await rotate(w.testEnvironment, w.migrator, w.seed, (payload) => payload);
    const rotated = await w.passwordNow();
    const away = (await w.rowOf()).secretArn;
    expect(await w.move(w.migrator.places.new[0])).toMatchObject({ is: 'moved' });
    expect(await w.passwordNow()).toBe(rotated);
    expect(await w.unnamed()).toEqual([[placeKey(w.there), 'left']]);
    expect((await w.rowOf()).secretArn).not.toBe(away);
  });

  it('by two at once, to two places: one does it, the other is told, and a third copy lies nowhere', async () => {
    const second = w.testEnvironment.migrator();
    const ends = await Promise.all([codeOf(w.move(w.there)), codeOf(w.move(w.other, second))]);
    expect(ends).toContain('none');
    const now = await w.placeNow();
    expect([placeKey(w.there), placeKey(w.other)]).toContain(now);
    const left = await w.unnamed();
    for (const place of [w.migrator.places.new[0], w.there, w.other]) {
      const known = placeKey(place) === now || left.some(([each]) => each === placeKey(place));
      const { secretArn: _arn, ...row } = await w.rowOf();
      const lies = await w.migrator.stores.forTenant(w.seed.orgId).read({
        ...(place as object),
        environment: w.migrator.places.environment,
        organizationId: row.orgId,
        endpointId: row.id,
        portalAccountId: row.accountId,
        suffix: null,
      } as never);
      if (lies !== null) expect(known, placeKey(place)).toBe(true);
    }
  });

  describe('is tried once there by a rotator', () => {
    it('and stays where it was accepted', async () => {
      expect(await w.proved(w.there)).toMatchObject({ is: 'moved', login: { is: 'accepted' } });
      expect(await w.placeNow()).toBe(placeKey(w.there));
    });

    it.each(['login_rejected', 'store_denied', 'reference_not_yours', 'portal_unavailable'])('and moved back where that ended as %s', async (code) => {
      const before = await w.rowOf();
      expect(await w.proved(w.there, { code })).toMatchObject({ is: 'moved_back', login: { code } });
      expect(await w.rowOf()).toMatchObject({ secretArn: before.secretArn, currentVersion: before.currentVersion });
      expect(await w.unnamed()).toEqual([[placeKey(w.there), 'left']]);
    });

    it('and moved back where no rotator is there', async () => {
      expect(await relocateProved(w.migrator, await w.rowOf(), w.there, { ...WHY, patience: { beginMs: 1, endMs: 2 } })).toMatchObject({
        is: 'moved_back',
        login: { code: 'not_taken' },
      });
      expect(await w.placeNow()).toBe(w.here());
    });
  });

  it('leaves no device behind that could be read, and both are to be removed', async () => {
    const { secretArn } = await w.rowOf();
    const device = deviceReference(parseReference(secretArn), w.seed.id);
    await keepDevice(device);
    await w.move(w.there);
    const left = await w.migrator.devices.forTenant(w.seed.orgId).read(device);
    expect(parseDevice(left?.text ?? new Secret('')).reveal().state).toBeNull();
    w.testEnvironment.aws?.setFaults({ kind: 'none' });
    await w.removeAsGuardian(secretArn);
    expect(await lookRemoved(w.migrator, await w.rowOf(), WHY)).toEqual({ outcome: 'still_there', lies: [referenceKey(device)] });
    await w.removeAsGuardian(secretArn.replace('/endpoints/', '/devices/'));
    expect(await lookRemoved(w.migrator, await w.rowOf(), WHY)).toEqual({ outcome: 'removed', lies: [] });
  });

  it('is looked for where it was, and noted as gone once the guardian has removed it', async () => {
    await w.move(w.there);
    const row = await w.rowOf();
    expect(await lookRemoved(w.migrator, row, WHY)).toMatchObject({ outcome: 'still_there', lies: [expect.any(String)] });
    const left = await unnamedSecretsOf(w.testEnvironment.db, { endpointId: w.seed.id, orgId: w.seed.orgId });
    expect(left[0]?.removedAt).toBeNull();
    w.testEnvironment.aws?.setFaults({ kind: 'none' });
    await w.removeAsGuardian(left[0]?.secretArn ?? '');
    expect(await lookRemoved(w.migrator, row, WHY)).toEqual({ outcome: 'removed', lies: [] });
    expect(await lookRemoved(w.migrator, row, WHY)).toEqual({ outcome: 'already', lies: [] });
    expect(await w.placeNow()).toBe(placeKey(w.there));
  });
});

/** As an agent does it whose login the portal remembers. */
async function keepDevice(device: SecretReference): Promise<void> {
  const { environment, aws } = w.testEnvironment;
  const devices = createTenantDevices({
    ...{ region: environment.RCM_AWS_REGION ?? '', endpoint: environment.RCM_AWS_ENDPOINT, environment: device.environment },
    ...{ roleArn: environment.RCM_TENANT_ROLE_ARN?.replace('rcm-migrator-tenant', 'rcm-agent-tenant'), kmsKeyId: environment.RCM_KMS_KEY_ID ?? '' },
    credentials: aws?.taskCredentials(taskRoleName('agent')),
  });
  const text = serializeDevice(new Secret({ rememberedAt: new Date(), endpointId: w.seed.id, state: { token: 'known' } }));
  const tags = { TenantId: w.seed.orgId, Environment: device.environment, PortalType: 'alpine' };
  expect(await devices.forTenant(w.seed.orgId).write(device, { text, base: null, tags })).toBe('kept');
  await devices.close();
}
