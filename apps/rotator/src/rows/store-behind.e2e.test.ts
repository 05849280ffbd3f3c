import type { StoredSecret } from '@rcm/credentials';
import { migratedEndpoint } from '@rcm/portal-access';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { setLogin } from '../commands/set-login.ts';
import { MINUTE, openRowEnvironment, refusals, type RowEnvironment } from './row-environment.fixture.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment()));
afterAll(() => row?.close());

const CHOSEN = 'Chosen-At-The-Portal-7';

/** Each way to another current password but a rotation, from the portal accepting `CHOSEN` to the row naming the version that holds it; what that replaced. */
const WAYS: readonly (readonly [string, (id: string) => Promise<StoredSecret>])[] = [
  [
    'a person’s edit that an agent has seen',
    async (id) => {
      const before = await row.open(id);
      await row.edit(id, { password: CHOSEN });
      expect(await row.visit(id)).toBe('in');
      return before;
    },
  ],
  [
    'a password that a person typed',
    async (id) => {
      const before = await row.open(id);
      const endpoint = await migratedEndpoint(row.patient.db, { orgId: row.testEnvironment.orgId, endpointId: id });
      const typed = { password: new Secret(CHOSEN), seed: null };
      await setLogin(row.patient, { endpoint, typed, proof: 'login', actor: 'jane', reason: 'a letter' }, new AbortController().signal);
      return before;
    },
  ],
  [
    'a password that a search found',
    async (id) => {
      const { fields } = await row.open(id);
      await row.edit(id, { password: CHOSEN });
      expect(await row.visit(id)).toBe('in');
      await row.save(id, fields);
      const before = await row.open(id);
      await row.untilIn(id, { stepMs: MINUTE, atMostMs: 60 * MINUTE });
      return before;
    },
  ],
];

for (const backend of ['ssm', 'secrets-manager'] as const)
  it.each(WAYS)(`a store that still answers what was replaced by %s has nobody type it (${backend})`, async (_, changed) => {
    const { id, orgId } = await row.testEnvironment.addEndpoint('alpine', backend);
    await row.setAtPortal(id, CHOSEN);
    const before = await changed(id);
    const now = await row.open(id);
    expect(now.fields.password).toBe(CHOSEN);
    const versionOfRow = async () => (await migratedEndpoint(row.patient.db, { orgId, endpointId: id })).currentVersion;
    const { wrong } = refusals(await row.history(id));

    row.agentReadsOnce(id, before);
    const met = await row.visit(id);
    expect(refusals(await row.history(id)).wrong).toBe(wrong);
    expect(met).toBe('login_not_allowed');
    expect(await versionOfRow()).toBe(now.version);
    expect(await row.visit(id)).toBe('in');
    expect(refusals(await row.history(id)).wrong).toBe(wrong);
  });
