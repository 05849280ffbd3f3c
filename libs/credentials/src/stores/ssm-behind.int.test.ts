import { type GetParameterCommandInput, ParameterVersionNotFound } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { codeOf, newReference, newSlot, payloadText, rotatedText, tags } from './contract/store-under-test.fixture.ts';
import { createSsmStore } from './ssm.ts';
import type { ClosableSecretStore } from './store.ts';
import { openTestAws, type TestAws } from './test-aws.fixture.ts';

let aws: TestAws;
let person: ClosableSecretStore;
beforeAll(async () => {
  aws = await openTestAws();
  person = createSsmStore({ ...aws.access, kmsKeyId: aws.kmsKeyId });
});
afterAll(async () => {
  person?.close();
  await aws?.close();
});

/**
 * A store whose reads may be behind its writes, as SSM's are: after its own overwrite, so many of what is current answer as the last one before it did, and so
 * many of a version say that there is none.
 */
function behind({ current = 0, history = 0 }: { readonly current?: number; readonly history?: number }): ClosableSecretStore {
  let [left, hidden, seen] = [0, 0, null as unknown];
  return createSsmStore({
    ...{ ...aws.access, kmsKeyId: aws.kmsKeyId },
    instrument: (client) =>
      client.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            const name = (args.input as GetParameterCommandInput).Name ?? '';
            // A read of one version names it.
            const isOfVersion = /:[0-9]+$/.test(name);
            const isOfCurrent = name.includes('/endpoints/') && !isOfVersion;
            if (commandName === 'GetParameterCommand' && isOfVersion && hidden > 0) {
              hidden -= 1;
              throw new ParameterVersionNotFound({ message: 'not here yet', $metadata: {} });
            }
            if (commandName === 'GetParameterCommand' && isOfCurrent && left > 0) {
              left -= 1;
              return seen as Awaited<ReturnType<typeof next>>;
            }
            const answer = await next(args);
            if (commandName === 'GetParameterCommand' && isOfCurrent) seen = answer;
            if (commandName === 'PutParameterCommand') [left, hidden] = [current, history];
            return answer;
          },
        { step: 'initialize' },
      ),
  });
}

it.each([
  ['reads of what is current', { current: 3 }],
  ['reads of the history', { history: 3 }],
])('what a person wrote right before an overwrite is put back, also where %s do not show it for a while', async (_, reads) => {
  const first = payloadText('old', { note: 'as it was' });
  const { reference, version: base } = await person.create(newReference({ kind: 'ssm' }), first, tags);
  const slot = newSlot(reference);
  await person.stage(slot, rotatedText(first, slot.attemptId, 'new'));
  const edited = payloadText('old', { note: 'written by a person' });
  const store = behind(reads);
  let wrote = false;
  const ended = await codeOf(
    store.promote(slot, base, {
      beforeWrite: async () => {
        if (!wrote) await person.replace(reference, edited, base);
        wrote = true;
      },
    }),
  );
  store.close();
  expect([ended, (await person.read(reference))?.text.reveal()]).toEqual(['store_conflict', edited.reveal()]);
});
