import { backend, isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployed } from './isolation/account.fixture.ts';
import { Judgement } from './isolation/judgement.fixture.ts';
import { mutantsOf } from './isolation/mutants.fixture.ts';
import { type IsolationEnvironment, openIsolationEnvironment } from './isolation/test-environment.fixture.ts';

/** Some 7,000 calls over HTTP, 34,000 in the long form, one after the other. It only ends what hangs. */
const MATRIX_MS = 7_200_000;

/** What opens nothing, because no other action carries the key that the statement's condition asks for, or none that the role may not do anyway. */
const OPENS_NOTHING = [
  /CreateTagged: Action (ssm|secretsmanager):\w+ → \1:\*$/, // aws:RequestTag/TenantId
  /(PromoteParameter|OverwriteDevice): Action ssm:PutParameter → ssm:\*$/, // ssm:Overwrite
  /migrator-tenant policy: ReadCurrentSecrets: Action secretsmanager:GetSecretValue → secretsmanager:\*$/, // secretsmanager:VersionStage: it moves labels
];

describe.skipIf(backend() === 'containers')('tenants apart, over HTTP (the emulator in containers enforces no policies)', () => {
  let testEnvironment: IsolationEnvironment;
  let judgement: Judgement;
  beforeAll(async () => {
    testEnvironment = await openIsolationEnvironment();
    judgement = new Judgement(testEnvironment.account.decider);
  });
  afterAll(() => testEnvironment.close());

  it('exactly what is expected is allowed, in every combination of session, tenant and action', { timeout: MATRIX_MS }, async () => {
    const [tried, allowed] = [[0], [0]];
    for (const group of testEnvironment.groups) {
      const tally = await judgement.run(group, deployed());
      process.stdout.write(`isolation: ${tally.tried} tried, ${tally.allowed} allowed: ${group.name} (${group.layers})\n`);
      tried.push(tally.tried);
      allowed.push(tally.allowed);
      expect.soft(tally.wrong).toEqual([]);
    }
    const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
    process.stdout.write(`isolation: ${sum(tried)} combinations tried, ${sum(allowed)} allowed, as expected\n`);
    expect(sum(tried)).toBeGreaterThan(isLongForm() ? 30_000 : 6_000);
  });

  it.each(['allowed', 'denied'] as const)('what is %s is so, too, where the first answer does not come', async (expected) => {
    const { account, groups } = testEnvironment;
    const cell = groups.flatMap(({ cells }) => cells).find((each) => each.expected === expected && each.title.includes(': GetParameter current of'));
    account.aws.setFaults({ kind: 'drop', match: 'ssm:GetParameter', count: 1 });
    const judged = await cell?.run().finally(() => account.aws.setFaults({ kind: 'none' }));
    expect(judged).toMatchObject({ outcome: expected, asked: expect.arrayContaining([expect.objectContaining({ action: 'ssm:GetParameter' })]) as unknown });
  });

  it(
    'each statement, action, resource, principal, condition and value of the policies, taken away or opened, turns a combination',
    { timeout: MATRIX_MS },
    async () => {
      const every = isLongForm() ? 1 : 13;
      const [all, mutants] = [mutantsOf(deployed()), mutantsOf(deployed()).filter((_mutant, index) => index % every === 0)];
      const [turned, survived]: [string[], string[]] = [[], []];
      for (const mutant of mutants) ((await judgement.firstToTurn(mutant)) === null ? survived : turned).push(mutant.title);
      process.stdout.write(
        `isolation: ${mutants.length} of ${all.length} changes of the policies, ${turned.length} turned a combination, ${survived.length} open nothing\n`,
      );
      expect(survived.filter((title) => !OPENS_NOTHING.some((pattern) => pattern.test(title)))).toEqual([]);
      expect(turned.filter((title) => OPENS_NOTHING.some((pattern) => pattern.test(title)))).toEqual([]);
      expect(all.length).toBeGreaterThan(400);
    },
  );
});
