import { type CredentialPayload, parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { answerCodeRequest, type Database, keyOfCodeRequest, listWantedCodes, sealCode } from '@rcm/db';
import { endOfCode, type Recipe, readRecipeFile } from '@rcm/portal-drivers';
import { Secret, systemClock } from '@rcm/telemetry';
import type { WorldEndpoint } from '@rcm/test-world';
import { expect, it } from 'vitest';
import { resultOf } from '../schedule/rotation-outcome.ts';
import { openRotatorWorld, type RotatorWorld } from '../testing.fixture.ts';

const HOUR_MS = 3_600_000;

/** An account of which a person is asked for its codes. */
async function account({ world }: RotatorWorld): Promise<WorldEndpoint> {
  const endpoint = await world.addEndpoint('borealis');
  const store = world.stores.forTenant(endpoint.orgId);
  const current = await store.read(parseReference(endpoint.secretArn));
  if (!current) throw new Error('no secret');
  const payload = parsePayload(current.text).map((before): CredentialPayload => ({ ...before, mfa_seed: null, second_factors: ['person'] }));
  await store.replace(parseReference(endpoint.secretArn), serializePayload(payload), current.version);
  const { username, password } = payload.reveal();
  await world.portals.createAccount({ portal: 'borealis', username, password, receivesCodes: true });
  return endpoint;
}

/** Answers whatever the login asks with the portal's last message, while something goes on; how often it asked. */
async function answersDuring(opened: RotatorWorld, { orgId, id, ...login }: WorldEndpoint, going: Promise<unknown>): Promise<number> {
  const [operator, done]: [Database, AbortController] = [opened.world.databaseAs('rcm_operator'), new AbortController()];
  let asked = 0;
  const answering = (async () => {
    for (; !done.signal.aborted; await systemClock.sleep(50)) {
      const wanted = (await listWantedCodes(operator, { orgId, limit: 10 })).find((each) => each.endpointId === id && each.answeredBy === null);
      const key = wanted && (await keyOfCodeRequest(operator, wanted.id, 'every tenant'));
      if (!wanted || !key) continue;
      asked += 1;
      const code = new Secret((await opened.world.portals.sentCodes(login)).at(-1)?.code ?? '');
      const sealed = sealCode(key.publicKey, wanted.id, code);
      await answerCodeRequest(operator, wanted.id, { sealed, actor: 'person:os:jane', reason: 'a test', scope: 'every tenant' });
    }
  })();
  await going.finally(() => done.abort());
  await answering;
  return asked;
}

it.each([
  ['for half a day takes a person’s answer once', { hours: 12 }, 'sent_again', 1],
  ['for one login takes it at each login', undefined, 'none', 2],
] as const)('a rotation at a portal whose codes are good %s', async (_, valid, dayCodes, answers) => {
  const { codes, ...rest }: Recipe = await readRecipeFile('borealis-day-codes');
  const recipe = valid ? { ...rest, codes: { ...codes, valid } } : rest;
  const opened = await openRotatorWorld({ endpoints: [], portalType: { settleMs: 200, recipe } });
  const { portals } = opened.world;
  await portals.setHabits('borealis', { dayCodes });
  // The portal's own day does not end meanwhile.
  const now = await portals.now();
  await portals.advance(endOfCode({ day: 'America/New_York' }, now).getTime() + HOUR_MS - now.getTime());
  const endpoint = await account(opened);

  const rotating = opened.rotate(endpoint.id, opened.patient);
  expect(await answersDuring(opened, endpoint, rotating)).toBe(answers);
  expect(resultOf(await rotating)).toBe('done');
  const { loginsAccepted, loginsRejected, passwordsChanged, locked } = await portals.account('borealis', endpoint.username);
  expect({ loginsAccepted, loginsRejected, passwordsChanged, locked }).toEqual({ loginsAccepted: 2, loginsRejected: 0, passwordsChanged: 1, locked: false });
  expect(await opened.world.portalAcceptsStore(endpoint.id)).toBe(true);
  await opened.close();
});
