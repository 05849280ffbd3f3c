import { setImmediate } from 'node:timers/promises';
import { RcmError } from '@rcm/telemetry';
import { afterAll, expect, it } from 'vitest';
import { newReference } from './contract/store-under-test.fixture.ts';
import { createSsmStore } from './ssm.ts';

const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } });
let [underWay, most, calls] = [0, 0, 0];
const refuse = async (): Promise<never> => {
  [underWay, calls] = [underWay + 1, calls + 1];
  most = Math.max(most, underWay);
  await setImmediate();
  underWay -= 1;
  throw denied;
};
const store = createSsmStore({
  ...{ region: 'us-east-1', endpoint: 'http://127.0.0.1:9', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, kmsKeyId: 'alias/x' },
  instrument: (client) => client.middlewareStack.add(() => refuse),
});
afterAll(() => store.close());

it('a batch that is refused is split one call at a time, and each further call is told', async () => {
  let told = 0;
  const answers = await store.readMany(
    Array.from({ length: 10 }, () => newReference({ kind: 'ssm' })),
    { onFurtherCall: () => (told += 1) },
  );
  expect([...answers.values()].map((answer) => answer instanceof RcmError && answer.code)).toEqual(Array.from({ length: 10 }, () => 'store_denied'));
  expect({ calls, told, most }).toEqual({ calls: 19, told: 18, most: 1 });
});
