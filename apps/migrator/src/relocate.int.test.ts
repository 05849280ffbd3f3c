import { randomUUID } from 'node:crypto';
import {
  createTenantDevices,
  deviceReference,
  type NewPlace,
  parseDevice,
  parseReference,
  placeKey,
  type SecretReference,
  serializeDevice,
} from '@rcm/credentials';
import { taskRoleName } from '@rcm/credentials/policies';
import { findEndpoint, openDatabase } from '@rcm/db';
import { endAct, takeActs } from '@rcm/db/acts';
import { retireEndpoint } from '@rcm/db/admin';
import { beginMove, unnamedSecretsOf } from '@rcm/db/migration';
import { urlFor } from '@rcm/db/testing';
import { RcmError, Secret } from '@rcm/telemetry';
import { backend, isLongForm } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { verify } from './commands/verify.ts';
import { deaths, mortal, ProcessDied } from './crash.fixture.ts';
import { relocateEndpoint } from './credential/relocate.ts';
import { relocateProved } from './credential/relocate-proved.ts';
import { lookRemoved } from './credential/look-removed.ts';
import { interrupted } from './person.fixture.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { asRotator, openTestEnvironment, rotate, stored, type TestEnvironment } from './testing.fixture.ts';

const WHY = { actor: 'person:os:jane', reason: 'the first account is full' };
const SECOND = '222222222222';
/** Every fifth call or moment is tried on a change, each of them in the long form. */
const NEXT = isLongForm() ? 1 : 5;

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let seed: Seed;
let there: NewPlace;
let other: NewPlace;

beforeEach(async () => {
  if (backend() !== 'embedded') return;
  testEnvironment = await openTestEnvironment({ furtherPlaces: [{ accountId: SECOND, region: 'us-east-1' }] });
  migrator = testEnvironment.migrator();
  const planted = seeds(1);
  await plant(testEnvironment.db, planted);
  await apply(migrator);
  // As a scrub leaves the row; the rewrite of the storage, which is most of one, is nothing that a move could see.
  await sql(`UPDATE integration_endpoint SET config = config - 'credentials'`);
  [seed] = planted as [Seed];
  const inStore = (store: string) => migrator.places.all.find((place) => place.store === store && place.store !== 'vault' && place.accountId === SECOND);
  [there, other] = [inStore('ssm'), inStore('secrets-manager')] as [NewPlace, NewPlace];
});
afterEach(() => testEnvironment?.close());

const rowOf = async () => {
  const row = await findEndpoint(testEnvironment.db, { endpointId: seed.id });
  if (!row?.secretArn) throw new Error(`${seed.id} names no secret`);
  return { ...row, secretArn: row.secretArn };
};
const move = async (to: NewPlace, migration = migrator) => relocateEndpoint(migration, await rowOf(), to, WHY);
const placeNow = async () => placeKey(parseReference((await rowOf()).secretArn));
const unnamed = async () => (await unnamedSecretsOf(testEnvironment.db, { endpointId: seed.id, orgId: seed.orgId })).map(({ place, why }) => [place, why]);
const here = () => placeKey(migrator.places.new[0]);
const codeOf = (act: Promise<unknown>) =>
  act.then(
    () => 'none',
    (error: unknown) => (error instanceof RcmError ? error.code : String(error)),
  );
const sql = <T>(statement: string, ...values: unknown[]) =>
  testEnvironment.db.transaction('every tenant', (tx) => tx.$queryRawUnsafe<T[]>(statement, ...values));
/** One that does not repeat what failed: what is tried is what it does in the end. */
const impatient = (): OpenMigration => ({ ...migrator, patience: async (_pacer, act) => act() });
/** A process that died holds its lease until that ends: as if it had. */
const leasesEnd = () => sql(`DELETE FROM login_lease`);
const passwordNow = async () => (JSON.parse((await stored(migrator, seed)).text) as { password: string }).password;
/** Somebody stores another password where the secret lay at first, whatever the row names by now. */
const storeHere = async (password: string, secretArn: string) =>
  asRotator(testEnvironment, async (stores) => {
    const [reference, store] = [parseReference(secretArn), stores.forTenant(seed.orgId)];
    const now = await store.read(reference);
    if (!now) throw new Error('nothing lies there');
    await store.replace(
      reference,
      now.text.map((text) => JSON.stringify({ ...(JSON.parse(text) as object), password })),
      now.version,
    );
  });

describe.runIf(backend() === 'embedded')('a login whose secret is moved (the containers have one account)', () => {
  it.each(['ssm', 'secrets-manager'] as const)(
    'to another account, into %s: lies there to the last character, and the row follows with its event',
    async (kind) => {
      const to = kind === 'ssm' ? there : other;
      const before = await stored(migrator, seed);
      const from = (await rowOf()).secretArn;
      expect(await move(to)).toEqual({ is: 'moved', from: here(), to: placeKey(to) });
      expect((await stored(migrator, seed)).text).toBe(before.text);
      expect(await placeNow()).toBe(placeKey(to));
      expect(await unnamed()).toEqual([[here(), 'left']]);
      const events = await sql<{ actor: string; reason: string; details: object }>(
        `SELECT actor, reason, details FROM audit_event WHERE action = 'endpoint.moved'`,
      );
      expect(events).toMatchObject([{ ...WHY, details: { from, to: (await rowOf()).secretArn } }]);
      // Where it was, it is as it was.
      expect((await migrator.stores.forTenant(seed.orgId).read(parseReference(from)))?.text.reveal()).toBe(before.text);
      expect(await move(to)).toMatchObject({ is: 'already' });
      expect(await verify(migrator)).toMatchObject({ complete: true });
    },
  );

  it('back again after a rotation there: takes the new password along, over what had stayed', async () => {
    await move(there);
    await rotate(testEnvironment, migrator, seed, (payload) => payload);
    const rotated = await passwordNow();
    const away = (await rowOf()).secretArn;
    expect(await move(migrator.places.new[0])).toMatchObject({ is: 'moved' });
    expect(await passwordNow()).toBe(rotated);
    expect(await unnamed()).toEqual([[placeKey(there), 'left']]);
    expect((await rowOf()).secretArn).not.toBe(away);
  });

  it('by a process that dies at any call: the row names a secret that holds it at every moment, and the same call ends it', { timeout: 600_000 }, async () => {
    const text = (await stored(migrator, seed)).text;
    const places = [there, migrator.places.new[0]] as const;
    let moved = 0;
    for (const { at, when } of deaths(5)) {
      const to = places[moved % 2] as NewPlace;
      const process = mortal(migrator, { at, when });
      const row = await rowOf();
      await relocateEndpoint(process.migration, row, to, WHY).catch((error: unknown) => {
        if (!(error instanceof ProcessDied)) throw error;
      });
      expect((await stored(migrator, seed)).text, `${when} call ${at}`).toBe(text);
      await leasesEnd();
      await move(to);
      moved += 1;
      expect((await stored(migrator, seed)).text).toBe(text);
      expect(await placeNow()).toBe(placeKey(to));
      expect(await unnamed(), `${when} call ${at}`).toEqual([[placeKey(places[moved % 2] as NewPlace), 'left']]);
      if (!process.died()) break;
    }
    expect(moved).toBeGreaterThan(isLongForm() ? 20 : 2);
  });

  it('while somebody stores another password at any moment: theirs is what the row names in the end', { timeout: 600_000 }, async () => {
    let came = true;
    let moments = 0;
    for (let at = 1; came; at += NEXT) {
      const before = await rowOf();
      const to = (await placeNow()) === here() ? there : migrator.places.new[0];
      const theirs = `theirs-${at}-${randomUUID()}`;
      const { migration, came: did } = interrupted(migrator, {
        at,
        act: async () => {
          // After the row names the copy, a person who reads the row writes there.
          await storeHere(theirs, (await rowOf()).secretArn);
          moments += 1;
        },
      });
      await relocateEndpoint(migration, before, to, WHY).catch((error: unknown) => {
        if (!(error instanceof RcmError) || error.code !== 'state_conflict') throw error;
      });
      came = did();
      if (came) expect(await passwordNow(), `moment ${at}`).toBe(theirs);
      // As the next look of an agent does.
      await sql(`UPDATE integration_endpoint SET current_version = $1 WHERE id = $2`, (await stored(migrator, seed)).version, seed.id);
    }
    expect(moments).toBeGreaterThan(20 / NEXT);
  });

  it('while the store that it leaves stops answering at any moment: the row names what it named, or the move is done', { timeout: 600_000 }, async () => {
    const text = (await stored(migrator, seed)).text;
    let came = true;
    const ends = new Set<string>();
    for (let at = 1; came; at += NEXT) {
      const before = await rowOf();
      // Always out of the first account, whose secret lies there again afterwards.
      const { migration, came: did } = interrupted(impatient(), { at, act: async () => void testEnvironment.aws?.setFaults({ kind: 'down' }) });
      const end = await codeOf(relocateEndpoint(migration, before, there, WHY));
      testEnvironment.aws?.setFaults({ kind: 'none' });
      came = did();
      ends.add(end);
      const row = await rowOf();
      expect(placeKey(parseReference(row.secretArn)), `moment ${at}, ${end}`).toBe(end === 'none' ? placeKey(there) : here());
      expect((await stored(migrator, seed)).text).toBe(text);
      if (end === 'none') await move(migrator.places.new[0]);
      await leasesEnd();
    }
    expect([...ends].sort()).toEqual(['none', 'store_unavailable']);
  });

  it('is done where what it leaves was removed right after the row was changed', async () => {
    const from = (await rowOf()).secretArn;
    let gone = false;
    const { migration } = interrupted(migrator, {
      at: 'each',
      act: async () => {
        if (gone || (await rowOf()).secretArn === from) return;
        gone = true;
        await removeAsGuardian(from);
      },
    });
    await relocateEndpoint(migration, await rowOf(), there, WHY);
    expect(gone).toBe(true);
    expect(await placeNow()).toBe(placeKey(there));
  });

  it('by a process that stood still at any moment until its lease was over: it moves nothing any more', { timeout: 600_000 }, async () => {
    let came = true;
    const ends = new Set<string>();
    for (let at = 1; came; at += NEXT) {
      const [before, to] = [await rowOf(), (await placeNow()) === here() ? there : migrator.places.new[0]];
      let overBeforeTheRow = false;
      const { migration, came: did } = interrupted(migrator, {
        at,
        act: async () => {
          const held = (await sql(`DELETE FROM login_lease RETURNING id`)).length > 0;
          // Whoever wants the login next waits for this lock: while the row is being changed, nobody can have it.
          const isFree = await sql(`SELECT 1 FROM login_identity FOR UPDATE NOWAIT`).then(
            () => true,
            () => false,
          );
          overBeforeTheRow = held && isFree && (await rowOf()).secretArn === before.secretArn;
        },
      });
      const end = await codeOf(relocateEndpoint(migration, before, to, WHY));
      came = did();
      ends.add(end);
      if (overBeforeTheRow) expect([end, (await rowOf()).secretArn], `moment ${at}`).toEqual(['lease_lost', before.secretArn]);
    }
    expect([...ends].sort()).toEqual(['lease_lost', 'none']);
  });

  it('by two at once, to two places: one does it, the other is told, and a third copy lies nowhere', async () => {
    const second = testEnvironment.migrator();
    const ends = await Promise.all([codeOf(move(there)), codeOf(move(other, second))]);
    expect(ends).toContain('none');
    const now = await placeNow();
    expect([placeKey(there), placeKey(other)]).toContain(now);
    const left = await unnamed();
    for (const place of [migrator.places.new[0], there, other]) {
      const known = placeKey(place) === now || left.some(([each]) => each === placeKey(place));
      const { secretArn: _arn, ...row } = await rowOf();
      const lies = await migrator.stores.forTenant(seed.orgId).read({
        ...(place as object),
        environment: migrator.places.environment,
        organizationId: row.orgId,
        endpointId: row.id,
        portalAccountId: row.accountId,
        suffix: null,
      } as never);
      if (lies !== null) expect(known, placeKey(place)).toBe(true);
    }
  });

  describe('is refused, and the row names what it named,', () => {
    const refused = async (code: string, to: NewPlace = there) => {
      const before = await sql<{ secret_arn: string }>(`SELECT secret_arn FROM integration_endpoint WHERE id = $1`, seed.id);
      expect(await codeOf(relocateEndpoint(migrator, (await findEndpoint(testEnvironment.db, { endpointId: seed.id })) as never, to, WHY))).toBe(code);
      expect(await sql(`SELECT secret_arn FROM integration_endpoint WHERE id = $1`, seed.id)).toEqual(before);
    };

    it('where the place is none of the deployment’s', () =>
      refused('input_invalid', { store: 'ssm', partition: 'aws', region: 'us-east-1', accountId: '999999999999' }));

    it('while a rotation is open', async () => {
      await sql(`
        INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash)
        SELECT gen_random_uuid(), login_identity, org_id, id, portal_type_code, 'planned', 1, 'rotator', 'due', secret_arn, current_version, 'h' FROM integration_endpoint`);
      expect(['state_conflict', 'lease_unavailable']).toContain(await codeOf(move(there)));
      expect(await placeNow()).toBe(here());
    });

    it('where the store is ahead of the row', async () => {
      await storeHere('newer', (await rowOf()).secretArn);
      await refused('state_conflict');
    });

    it('where a move to another place was begun', async () => {
      await beginMove(migrator.db, { endpointId: seed.id, orgId: seed.orgId, place: placeKey(other) });
      await refused('state_conflict');
    });

    it('where something else lies there that nobody knows of', async () => {
      const row = await rowOf();
      const wanted = {
        ...(there as object),
        environment: migrator.places.environment,
        organizationId: row.orgId,
        endpointId: row.id,
        portalAccountId: row.accountId,
      } as never;
      const tags = { TenantId: seed.orgId, Environment: migrator.places.environment, PortalType: seed.portal };
      await migrator.stores.forTenant(seed.orgId).create(wanted, new Secret('{"username":"strange","password":"strange"}'), tags);
      await refused('store_conflict');
      expect((await migrator.stores.forTenant(seed.orgId).read(wanted))?.text.reveal()).toContain('strange');
    });

    it('where the login is retired', async () => {
      const operator = openDatabase({ url: urlFor('rcm_operator', testEnvironment.url), applicationName: 'operator', maxConnections: 1 });
      await retireEndpoint(operator, seed.id, WHY);
      await operator.close();
      await refused('endpoint_retired');
    });

    it('where the row holds plaintext', async () => {
      await sql(`UPDATE integration_endpoint SET config = '{"credentials":{"username":"u","password":"p"}}' WHERE id = $1`, seed.id);
      await refused('row_edited');
    });

    it.each(['refuse', 'secrets-manager'])('where it does not fit, whatever becomes of large ones that are new (%s)', async (large) => {
      await move(other);
      await storeHere('x'.repeat(5_000), (await rowOf()).secretArn);
      await sql(`UPDATE integration_endpoint SET current_version = $1 WHERE id = $2`, (await stored(migrator, seed)).version, seed.id);
      migrator = testEnvironment.migrator({ RCM_LARGE_PAYLOADS: large });
      await refused('payload_too_large');
      expect((await unnamed()).filter(([, why]) => why === 'copy')).toEqual([]);
    });
  });

  describe('is tried once there by a rotator', () => {
    const answering = async (code: string | null) => {
      const rotator = openDatabase({ url: urlFor('rcm_rotator', testEnvironment.url), applicationName: 'rotator', maxConnections: 2 });
      let done = false;
      const end = relocateProved(migrator, await rowOf(), there, WHY).finally(() => void (done = true));
      end.catch(() => undefined);
      while (!done) {
        for (const { id, orgId } of await takeActs(rotator, { takenBy: 'rotator', limit: 5 }))
          await endAct(rotator, { id, orgId, outcome: code === null ? 'done' : 'failed', code, words: 'as it was' });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await rotator.close();
      return end;
    };

    it('and stays where it was accepted', async () => {
      expect(await answering(null)).toMatchObject({ is: 'moved', login: { is: 'accepted' } });
      expect(await placeNow()).toBe(placeKey(there));
    });

    it.each(['login_rejected', 'store_denied', 'reference_not_yours', 'portal_unavailable'])('and moved back where that ended as %s', async (code) => {
      const before = await rowOf();
      expect(await answering(code)).toMatchObject({ is: 'moved_back', login: { code } });
      expect(await rowOf()).toMatchObject({ secretArn: before.secretArn, currentVersion: before.currentVersion });
      expect(await unnamed()).toEqual([[placeKey(there), 'left']]);
    });

    it('and moved back where no rotator is there', async () => {
      expect(await relocateProved(migrator, await rowOf(), there, { ...WHY, patience: { beginMs: 1, endMs: 2 } })).toMatchObject({
        is: 'moved_back',
        login: { code: 'not_taken' },
      });
      expect(await placeNow()).toBe(here());
    });
  });

  it('leaves no device behind that could be read, and both are to be removed', async () => {
    const { secretArn } = await rowOf();
    const device = deviceReference(parseReference(secretArn), seed.id);
    await keepDevice(device);
    await move(there);
    const left = await migrator.devices.forTenant(seed.orgId).read(device);
    expect(parseDevice(left?.text ?? new Secret('')).reveal().state).toBeNull();
    testEnvironment.aws?.setFaults({ kind: 'none' });
    await removeAsGuardian(secretArn);
    expect(await lookRemoved(migrator, await rowOf(), WHY)).toBe('still_there');
    await removeAsGuardian(secretArn.replace('/endpoints/', '/devices/'));
    expect(await lookRemoved(migrator, await rowOf(), WHY)).toBe('removed');
  });

  it('is looked for where it was, and noted as gone once the guardian has removed it', async () => {
    await move(there);
    const row = await rowOf();
    expect(await lookRemoved(migrator, row, WHY)).toBe('still_there');
    const left = await unnamedSecretsOf(testEnvironment.db, { endpointId: seed.id, orgId: seed.orgId });
    expect(left[0]?.removedAt).toBeNull();
    testEnvironment.aws?.setFaults({ kind: 'none' });
    await removeAsGuardian(left[0]?.secretArn ?? '');
    expect(await lookRemoved(migrator, row, WHY)).toBe('removed');
    expect(await lookRemoved(migrator, row, WHY)).toBe('already');
    expect(await placeNow()).toBe(placeKey(there));
  });
});

/** As an agent does it whose login the portal remembers. */
async function keepDevice(device: SecretReference): Promise<void> {
  const { environment, aws } = testEnvironment;
  const devices = createTenantDevices({
    ...{ region: environment['RCM_AWS_REGION'] ?? '', endpoint: environment['RCM_AWS_ENDPOINT'], environment: device.environment },
    ...{ roleArn: environment['RCM_TENANT_ROLE_ARN']?.replace('rcm-migrator-tenant', 'rcm-agent-tenant'), kmsKeyId: environment['RCM_KMS_KEY_ID'] ?? '' },
    credentials: aws?.taskCredentials(taskRoleName('agent')),
  });
  const text = serializeDevice(new Secret({ rememberedAt: new Date(), endpointId: seed.id, state: { token: 'known' } }));
  const tags = { TenantId: seed.orgId, Environment: device.environment, PortalType: 'alpine' };
  expect(await devices.forTenant(seed.orgId).write(device, { text, base: null, tags })).toBe('kept');
  await devices.close();
}

async function removeAsGuardian(secretArn: string): Promise<void> {
  const { DeleteParameterCommand, SSMClient } = await import('@aws-sdk/client-ssm');
  const aws = testEnvironment.aws;
  if (!aws) throw new Error('there is no account');
  const client = new SSMClient({ region: aws.region, endpoint: aws.endpoint, credentials: aws.taskCredentials('rcm-guardian') });
  await client.send(new DeleteParameterCommand({ Name: secretArn.slice(secretArn.indexOf('/')) }));
  client.destroy();
}
