import { type CredentialPayload, parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { answerCodeRequest, keyOfCodeRequest, listWantedCodes, sealCode } from '@rcm/db/codes';
import { Secret, systemClock } from '@rcm/telemetry';
import type { EnvironmentEndpoint, TestEnvironment } from '@rcm/test-environment';

/** A login whose secret says that a person is asked for its codes. */
export async function askedLogin(testEnvironment: TestEnvironment): Promise<EnvironmentEndpoint & { readonly password: string }> {
  const endpoint = await testEnvironment.addEndpoint('borealis');
  const store = testEnvironment.stores.forTenant(endpoint.orgId);
  const current = await store.read(parseReference(endpoint.secretArn));
  if (!current) throw new Error('no secret');
  const payload = parsePayload(current.text).map((before): CredentialPayload => ({ ...before, mfa_seed: null, second_factors: ['person'] }));
  await store.replace(parseReference(endpoint.secretArn), serializePayload(payload), current.version);
  return { ...endpoint, password: payload.reveal().password };
}

/** Answers whatever the login asks, while something goes on; how often it asked. */
export async function answersDuring(
  testEnvironment: TestEnvironment,
  { orgId, id }: EnvironmentEndpoint,
  { going, code }: { readonly going: Promise<unknown>; readonly code: () => Promise<string> },
): Promise<number> {
  const [operator, done] = [testEnvironment.databaseAs('rcm_operator'), new AbortController()];
  let asked = 0;
  const answering = (async () => {
    for (; !done.signal.aborted; void (await systemClock.sleep(50))) {
      const wanted = (await listWantedCodes(operator, { orgId, limit: 10 })).find((each) => each.endpointId === id && each.answeredBy === null);
      const key = wanted && (await keyOfCodeRequest(operator, wanted.id, 'every tenant'));
      if (!wanted || !key) continue;
      asked += 1;
      const sealed = sealCode(key.publicKey, wanted.id, new Secret(await code()));
      await answerCodeRequest(operator, wanted.id, { sealed, actor: 'person:os:jane', reason: 'a test', scope: 'every tenant' });
    }
  })();
  await going.finally(() => done.abort());
  await answering;
  return asked;
}
