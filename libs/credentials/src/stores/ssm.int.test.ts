import { afterAll, beforeAll, describe } from 'vitest';
import type { CallHook } from './contract/store-under-test.fixture.ts';
import { describeStoreContract } from './contract.fixture.ts';
import { createSsmStore } from './ssm.ts';
import type { ClosableSecretStore } from './store.ts';
import { openTestAws, type TestAws } from './test-aws.fixture.ts';

let aws: TestAws;
const opened: ClosableSecretStore[] = [];

beforeAll(async () => {
  aws = await openTestAws();
});
afterAll(async () => {
  opened.forEach((store) => store.close());
  await aws.close();
});

function open(hook?: CallHook): ClosableSecretStore {
  const store = createSsmStore({
    ...aws.access,
    kmsKeyId: aws.kmsKeyId,
    instrument: (client) =>
      client.middlewareStack.add((next, context) => async (args) => {
        await hook?.(String(context.commandName), 'before');
        const answer = await next(args);
        await hook?.(String(context.commandName), 'after');
        return answer;
      }),
  });
  opened.push(store);
  return store;
}

describe('SSM Parameter Store', () => {
  describeStoreContract({ kind: 'ssm', tokensOverwrite: false, open });
});
