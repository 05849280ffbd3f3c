import type { SecretStore, TenantStores } from '@rcm/credentials';
import { setNextRotation } from '@rcm/db/rotation';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { readRotatorConfig } from '../config.ts';
import { commandEnvironment } from '../command-environment.fixture.ts';
import { dyingStores, openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { recoverCommand, rotateDueCommand } from './rotate.ts';

let opened: RotatorEnvironment;
const ACT = { actor: 'person:os:jane@host', reason: 'a host was lost' };

beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: ['alpine', 'alpine'] });
});
afterAll(() => opened?.close());
afterEach(() => vi.restoreAllMocks());

type Ended = { readonly code: number } & Readonly<Record<string, unknown>>;

async function run(signal: AbortSignal, act: 'recover' | 'once', stores: TenantStores = opened.rotator.stores): Promise<Ended> {
  const context = { opened: { ...opened.process, rotator: { ...opened.rotator, stores } }, json: true, signal };
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const config = readRotatorConfig(commandEnvironment(opened.testEnvironment));
  const code = act === 'recover' ? await recoverCommand(context, ACT) : await rotateDueCommand(context, { dryRun: false, config });
  return { code, ...(JSON.parse(String(said.mock.lastCall?.[0])) as object) };
}

/** Its stores stop the command when it stages a copy. */
function stoppedAtStaging(stop: AbortController): TenantStores {
  return {
    close: () => opened.rotator.stores.close(),
    forTenant(orgId): SecretStore {
      const store = opened.rotator.stores.forTenant(orgId);
      return {
        ...store,
        stage: async (...asked) => {
          stop.abort();
          return store.stage(...asked);
        },
      };
    },
  };
}

describe('a command that goes through logins and is stopped', () => {
  test('recover: says that it was stopped, where it has not looked at all, and where it was in the middle of one', async () => {
    expect(await run(new AbortController().signal, 'recover')).toMatchObject({ code: 0, rotations: [], interrupted: false });
    await expect(opened.rotate('alpine-1', { ...opened.rotator, stores: dyingStores(opened.rotator.stores, 'stage', 'before') })).rejects.toThrow('died');
    expect(await run(AbortSignal.abort(), 'recover')).toMatchObject({ code: 1, rotations: [], interrupted: true });
    const stop = new AbortController();
    expect(await run(stop.signal, 'recover', stoppedAtStaging(stop))).toMatchObject({ code: 1, rotations: [{ result: 'put_off' }], interrupted: true });
  });

  test('once: says that it was stopped, and begins nothing further', async () => {
    await setNextRotation(opened.testEnvironment.db, { endpointIds: ['alpine-2'], at: 'now' });
    expect(await run(AbortSignal.abort(), 'once')).toMatchObject({ code: 1, rotations: [], interrupted: true });
  });
});
