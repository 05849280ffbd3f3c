import { backend } from '@rcm/test-services';
import { afterAll, beforeAll } from 'vitest';
import { createSecretsManagerStore } from '../secrets-manager.ts';
import { createSsmStore } from '../ssm.ts';
import type { ClosableSecretStore } from '../store.ts';
import { openTestAws, type TestAws } from '../test-aws.fixture.ts';
import { removeFromAws } from './remove-secret.fixture.ts';
import { saveSecretByHand } from './save-by-hand.fixture.ts';
import type { CallHook, StoreUnderTest } from './store-under-test.fixture.ts';

const OPENERS = { ssm: createSsmStore, 'secrets-manager': createSecretsManagerStore } as const;

/** An AWS store for a test file's suite, on an account of the file's own; opened and closed by hooks that this registers. */
export function awsStore(kind: 'ssm' | 'secrets-manager'): StoreUnderTest {
  let aws: TestAws;
  const opened: ClosableSecretStore[] = [];
  beforeAll(async () => {
    aws = await openTestAws();
  });
  afterAll(async () => {
    opened.forEach((store) => store.close());
    await aws.close();
  });
  return {
    kind,
    // Moto, below LocalStack, lets one token be used for two texts.
    isLooserThanAws: kind === 'secrets-manager' && backend() === 'containers',
    heedsNoPatterns: kind === 'ssm' && backend() === 'containers',
    remove: (reference) => removeFromAws(aws.access, reference),
    // A parameter holds nothing but text.
    ...(kind === 'secrets-manager' ? { saveByHand: (reference, text) => saveSecretByHand(aws.access, reference, text) } : {}),
    open(hook) {
      const store = OPENERS[kind]({ ...aws.access, kmsKeyId: aws.kmsKeyId, instrument: (client) => instrument(client.middlewareStack, hook) });
      opened.push(store);
      return store;
    },
  };
}

interface Stack {
  add(middleware: (next: (args: never) => Promise<never>, context: { readonly commandName?: unknown }) => (args: never) => Promise<never>): void;
}

function instrument(stack: unknown, hook?: CallHook): void {
  (stack as Stack).add((next, context) => async (args) => {
    await hook?.(String(context.commandName), 'before');
    const answer = await next(args);
    await hook?.(String(context.commandName), 'after');
    return answer;
  });
}
