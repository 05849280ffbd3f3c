import type { GetParameterCommandInput } from '@aws-sdk/client-ssm';
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

/** A store whose next `reads` of what is current answer as the last one before its own overwrite did: SSM's reads may be behind its writes. */
function behind(reads: number): ClosableSecretStore {
  let [left, seen] = [0, null as unknown];
  return createSsmStore({
    ...{ ...aws.access, kmsKeyId: aws.kmsKeyId },
    instrument: (client) =>
      client.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            const name = (args.input as GetParameterCommandInput).Name ?? '';
            // A read of one version names it.
            const isOfCurrent = name.includes('/endpoints/') && !/:[0-9]+$/.test(name);
            if (commandName === 'GetParameterCommand' && isOfCurrent && left > 0) {
              left -= 1;
              return seen as Awaited<ReturnType<typeof next>>;
            }
            const answer = await next(args);
            if (commandName === 'GetParameterCommand' && isOfCurrent) seen = answer;
            if (commandName === 'PutParameterCommand') left = reads;
            return answer;
          },
        { step: 'initialize' },
      ),
  });
}

it('what a person wrote right before an overwrite is put back, also where reads do not show it for a while', async () => {
  const first = payloadText('old', { note: 'as it was' });
  const { reference, version: base } = await person.create(newReference({ kind: 'ssm' }), first, tags);
  const slot = newSlot(reference);
  await person.stage(slot, rotatedText(first, slot.attemptId, 'new'));
  const edited = payloadText('old', { note: 'written by a person' });
  const store = behind(3);
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
