import { createHash } from 'node:crypto';
import { getEndpoint } from '@rcm/db';
import { insertEndpoint, upsertPortalType } from '@rcm/db/admin';
import { acquireSharedLease } from '@rcm/db/leases';
import { recordMigrated } from '@rcm/db/migration';
import { readRecipeFile } from '@rcm/portal-drivers';
import { patientRecipe } from '@rcm/portal-drivers/testing';
import { accountOf } from '@rcm/portal-access';
import { credentialReference, formatReference, generatePassword, parsePasswordRules, parsePayload, serializePayload } from '@rcm/credentials';
import { Secret } from '@rcm/telemetry';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itInLongForm } from '../long-form.fixture.ts';
import { type Login, MINUTE, openRowEnvironment, refusals, type RowEnvironment } from './row-environment.fixture.ts';

const RULES = 'minlength: 12; maxlength: 64; required: lower; required: upper; required: digit; allowed: ascii-printable;';

let row: RowEnvironment;
let numbered = 0;
beforeAll(async () => {
  row = await openRowEnvironment({ endpoints: ['alpine'] });
  const { testEnvironment } = row;
  const { baseUrl, applications } = await testEnvironment.portals.openProvider();
  const known = await getEndpoint(testEnvironment.db, { orgId: testEnvironment.orgId, endpointId: 'alpine-1' });
  if (!known) throw new Error('no endpoint');
  const idp = new URL(baseUrl).host;
  for (const name of ['claims', 'inquiry'] as const) {
    const hosts = [new URL(applications[name].baseUrl).host, idp];
    const recipe = patientRecipe(await readRecipeFile(`delta-${name}`));
    const behind = { hosts, loopbackHosts: hosts, hostNames: { [idp]: 'idp' }, accountRealm: 'delta', passwordRules: RULES };
    await upsertPortalType(testEnvironment.db, { ...known.portalType, ...behind, code: `delta-${name}`, name: `Delta ${name}`, recipe });
  }
});
afterAll(() => row?.close());

/** One account of the provider, as an organization has it that works at both applications: an endpoint at each, one secret for both. */
async function atBothApplications(): Promise<{ readonly claims: Login; readonly inquiry: Login }> {
  const { testEnvironment } = row;
  const { applications } = await testEnvironment.portals.openProvider();
  const username = `delta-user-${(numbered += 1)}`;
  const password = generatePassword(parsePasswordRules(RULES)).reveal();
  await testEnvironment.portals.createAccount({ portal: 'delta', username, password });
  const accountId = `account-${numbered}`;
  const place = { store: 'ssm', partition: 'aws', region: testEnvironment.aws.region, accountId: testEnvironment.aws.accountId } as const;
  const held = {
    environment: testEnvironment.environmentName,
    orgId: testEnvironment.orgId,
    endpointId: `delta-claims-${numbered}`,
    portalAccountId: accountId,
  };
  const text = serializePayload(parsePayload(new Secret(JSON.stringify({ username, password }))));
  const tags = { TenantId: testEnvironment.orgId, Environment: testEnvironment.environmentName, PortalType: 'delta-claims' };
  const created = await testEnvironment.stores.forTenant(testEnvironment.orgId).create(credentialReference({ ...place, ...held }), text, tags);
  const add = async (name: 'claims' | 'inquiry'): Promise<Login> => {
    const [id, baseUrl] = [`delta-${name}-${numbered}`, applications[name].baseUrl];
    await insertEndpoint(testEnvironment.db, { id, orgId: testEnvironment.orgId, portalTypeCode: `delta-${name}`, accountId, baseUrl });
    const endpoint = await getEndpoint(testEnvironment.db, { orgId: testEnvironment.orgId, endpointId: id });
    if (!endpoint) throw new Error('no endpoint');
    const loginIdentity = accountOf(row.rotator.keys, endpoint, parsePayload(text)).names[0]?.id ?? '';
    const secretArn = formatReference(created.reference);
    const fingerprint = createHash('sha256').update(id).digest('hex');
    await recordMigrated(testEnvironment.db, { endpointId: id, orgId: testEnvironment.orgId, secretArn, version: created.version, loginIdentity, fingerprint });
    const added: EnvironmentEndpoint = { id, orgId: testEnvironment.orgId, portal: 'delta', username, secretArn, loginIdentity };
    (testEnvironment.endpoints as EnvironmentEndpoint[]).push(added);
    return added;
  };
  return { claims: await add('claims'), inquiry: await add('inquiry') };
}

const versions = async ({ claims, inquiry }: Awaited<ReturnType<typeof atBothApplications>>) =>
  (
    await row.sql<{ version: string }>('SELECT current_version AS version FROM integration_endpoint WHERE id = ANY ($1::text[])', [[claims.id, inquiry.id]])
  ).map(({ version }) => version);

describe('two applications behind one provider', () => {
  itInLongForm('are one account to the ledger: what is refused at one counts at the other, and we do not lock it', async () => {
    const { claims, inquiry } = await atBothApplications();
    expect(claims.loginIdentity).toBe(inquiry.loginIdentity);
    expect([await row.visit(claims.id), await row.visit(inquiry.id)]).toEqual(['in', 'in']);
    const { fields } = await row.open(claims.id);
    for (let number = 0; number < 3; number += 1) {
      await row.edit(claims.id, { password: `Not-the-password-${number}` });
      for (const { id } of [claims, inquiry]) expect(await row.visit(id)).not.toBe('in');
    }
    // Of the three that lock two were spent, at whichever door.
    expect(refusals(await row.history(claims.id))).toEqual({ wrong: 2, atLocked: 0, lockedByUs: 0 });
    await row.edit(claims.id, { password: fields.password });
    await row.pass(20 * MINUTE);
    expect([await row.visit(inquiry.id), await row.visit(claims.id)]).toEqual(['in', 'in']);
    expect(await row.history(claims.id)).toMatchObject({ locked: false, accountsLocked: 0 });
  });

  it('are rotated once for both, at the provider, and neither is let in between', async () => {
    const both = await atBothApplications();
    const { claims, inquiry } = both;
    const dying = {
      ...row.patient,
      onJournalWrite(write: string, when: 'before' | 'after') {
        if (write === 'applied' && when === 'before') throw new Error('the process is gone');
      },
    };
    await expect(row.rotate(claims.id, dying)).rejects.toThrow('the process is gone');
    expect(await row.history(claims.id)).toMatchObject({ passwordsChanged: 1 });
    // The other application's login is the one that is being changed: no agent is let in there meanwhile.
    const asking = { orgId: inquiry.orgId, endpointId: inquiry.id, holder: 'another-agent', ttlMs: 60_000 };
    expect(await acquireSharedLease(row.testEnvironment.databaseAs('rcm_agent'), asking)).toEqual({ granted: false, reason: 'rotation_open' });
    await row.pass(MINUTE);
    expect(await row.rotateToEnd(inquiry.id)).toBe('done');
    expect(await row.history(claims.id)).toMatchObject({ passwordsChanged: 1, loginsRejected: 0, accountsLocked: 0 });
    const [first, second] = await versions(both);
    expect(first).toBe(second);
    expect([await row.visit(claims.id), await row.visit(inquiry.id)]).toEqual(['in', 'in']);
    expect(await row.testEnvironment.portalAcceptsStore(claims.id)).toBe(true);
    expect(await row.sql('SELECT state FROM rotation_attempt WHERE login_identity = $1', [claims.loginIdentity])).toEqual([{ state: 'done' }]);
  });
});
