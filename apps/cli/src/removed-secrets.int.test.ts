import { DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { parseReference, referenceKey, type SecretReference } from '@rcm/credentials';
import { GUARDIAN_ROLE } from '@rcm/credentials/policies';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPerson, type Person } from './person.fixture.ts';
import { rcm } from './testing.fixture.ts';

/** What is left of logins that are used no more, in each kind of store. */
let person: Person;
let environment: NodeJS.ProcessEnv;
const why = ['--reason', 'the contract ended, ticket 4711'];
beforeAll(async () => {
  person = await openPerson({ endpoints: [] });
  const approles = person.testEnvironment.environmentOf('rcm_migrator').RCM_VAULT_APPROLE_FOLDER;
  environment = { ...process.env, ...person.environment, RCM_MIGRATOR_VAULT_APPROLE_FOLDER: approles };
});
afterAll(() => person?.close());

const ask = async (words: readonly string[]) => {
  const { code, stdout } = await rcm([...words, '--json'], environment);
  return { code, answer: JSON.parse(stdout) as Record<string, unknown> };
};
const removed = (ids: readonly string[]) => ask(['endpoint', 'removed', ...ids, ...why]);
const outcomes = (ids: readonly string[], outcome: string, lies: readonly string[][] = []) =>
  ids.map((id, i) => ({ id, outcome, lies: lies[i] ?? [], problem: null }));

/** As the guardian does it with the commands of `rcm endpoint retired`: Secrets Manager may give it back for thirty days. */
async function remove(secretArn: string, { region, endpoint, ...aws } = person.testEnvironment.aws): Promise<void> {
  const options = { region, endpoint, credentials: aws.taskCredentials(GUARDIAN_ROLE) };
  const [path = ''] = /rcm\/.*$/.exec(secretArn) ?? [];
  if (secretArn.startsWith('vault:')) return void (await person.testEnvironment.vault.destroy(path));
  if (secretArn.includes(':ssm:')) {
    const ssm = new SSMClient(options);
    await ssm.send(new DeleteParameterCommand({ Name: `/${path}` }));
    return void ssm.destroy();
  }
  const secrets = new SecretsManagerClient(options);
  await secrets.send(new DeleteSecretCommand({ SecretId: secretArn, RecoveryWindowInDays: 30 }));
  secrets.destroy();
}

it('is to be removed until somebody has looked and found nothing; then it is known since when', async () => {
  const logins = [];
  for (const kind of ['ssm', 'secrets-manager', 'vault'] as const) logins.push(await person.testEnvironment.addEndpoint('alpine', kind));
  const ids = logins.map(({ id }) => id);
  const used = await person.testEnvironment.addEndpoint('alpine');
  expect(await ask(['endpoint', 'retire', ...ids, ...why])).toMatchObject({ code: 0, answer: { left: 0 } });

  const list = (keep: string) => ask(['endpoint', 'retired', '--keep', keep]);
  const lies = { removedAt: null, removal: null, removeFrom: expect.any(String) as string };
  expect(await list('90d')).toMatchObject({ code: 0, answer: { overdue: 0, endpoints: [lies, lies, lies] } });
  const late = { removedAt: null, removal: expect.any(String) as string };
  expect(await list('0d')).toMatchObject({ code: 1, answer: { overdue: 3, endpoints: [late, late, late] } });
  expect((await rcm(['endpoint', 'retired', '--keep', '0d'], environment)).stdout.match(/overdue since 20\d\d-\d\d-\d\d/g)).toHaveLength(3);

  // Nobody's word is taken for it, and one that is used is not looked at.
  expect(await removed([...ids, used.id])).toEqual({
    code: 1,
    answer: {
      version: 1,
      endpoints: [
        ...outcomes(
          ids,
          'still_there',
          logins.map(({ secretArn }) => [referenceKey(parseReference(secretArn))]),
        ),
        { id: used.id, outcome: 'failed', lies: [], problem: expect.stringContaining('state_conflict: ') as string },
      ],
      left: 4,
    },
  });
  expect(await list('0d')).toMatchObject({ code: 1, answer: { overdue: 3 } });

  for (const { secretArn } of logins) await remove(secretArn);
  expect(await removed(ids)).toEqual({ code: 0, answer: { version: 1, endpoints: outcomes(ids, 'removed'), left: 0 } });
  expect(await removed(ids)).toMatchObject({ code: 0, answer: { endpoints: outcomes(ids, 'already') } });
  const gone = { removedAt: expect.any(String) as string, removal: null, removeFrom: null };
  expect(await list('0d')).toMatchObject({ code: 0, answer: { overdue: 0, endpoints: [gone, gone, gone] } });

  const trail = (await ask(['audit', 'list', '--org', person.testEnvironment.orgId, '--login', ids[0] ?? ''])).answer.events as {
    action: string;
    actor: string;
  }[];
  const acts = trail.filter(({ actor }) => actor.startsWith('person:')).map(({ action }) => action);
  const looked = 'endpoint.removal_checked';
  expect(acts.reverse()).toEqual(['endpoint.retired', looked, looked, 'endpoint.secret_removed', looked]);
  expect(await ask(['endpoint', 'reinstate', ids[0] ?? '', ...why])).toMatchObject({ code: 1, answer: { error: { code: 'secret_missing' } } });
});

it('is none while another login of the organization names it: nobody is told to remove what is in use', async () => {
  const { testEnvironment } = person;
  const [one, two] = [await testEnvironment.addEndpoint('alpine'), await testEnvironment.addEndpoint('alpine')];
  await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$executeRaw`UPDATE integration_endpoint SET secret_arn = ${one.secretArn}, login_identity = ${one.loginIdentity} WHERE id = ${two.id}`,
  );
  const retire = (id: string) => ask(['endpoint', 'retire', id, ...why]);
  const list = async () => {
    const { code, answer } = await ask(['endpoint', 'retired', '--keep', '0d']);
    const those = (answer.endpoints as { id: string; usedBy: string | null; removal: string | null }[]).filter(({ id }) => [one.id, two.id].includes(id));
    return { code, overdue: answer.overdue, those: those.map(({ id, usedBy, removal }) => [id, usedBy, removal !== null]) };
  };
  expect((await retire(one.id)).code).toBe(0);
  expect(await list()).toEqual({ code: 0, overdue: 0, those: [[one.id, two.id, false]] });
  expect((await rcm(['endpoint', 'retired', '--keep', '0d'], environment)).stdout).toContain(`in use by ${two.id}`);
  expect((await retire(two.id)).code).toBe(0);
  const left = [one.id, two.id].sort().map((id) => [id, null, true]);
  expect(await list()).toEqual({ code: 1, overdue: 2, those: left });
});

it('is gone once its copy in the second region is, too', async () => {
  const apart = await openPerson({ endpoints: [], secondRegion: true });
  const { replica } = apart.testEnvironment;
  if (!replica) throw new Error('there is no second region');
  try {
    const inBoth = { ...process.env, ...apart.environment };
    const call = async (words: readonly string[]) => {
      const { code, stdout } = await rcm([...words, '--json'], inBoth);
      return { code, answer: JSON.parse(stdout) as Record<string, unknown> };
    };
    const { id, secretArn } = await apart.testEnvironment.addEndpoint('alpine');
    expect((await rcm(['copies', ...why], inBoth)).code).toBe(0);
    expect((await call(['endpoint', 'retire', id, ...why])).code).toBe(0);
    const { answer } = await call(['endpoint', 'retired', '--keep', '0d']);
    expect(answer.endpoints).toMatchObject([{ id, removal: expect.stringContaining(`--region ${replica.region} --names `) as string }]);
    await remove(secretArn, apart.testEnvironment.aws);
    const copy = referenceKey({ ...parseReference(secretArn), region: replica.region } as SecretReference);
    expect(await call(['endpoint', 'removed', id, ...why])).toMatchObject({ code: 1, answer: { endpoints: [{ outcome: 'still_there', lies: [copy] }] } });
    await remove(secretArn, replica);
    expect(await call(['endpoint', 'removed', id, ...why])).toMatchObject({ code: 0, answer: { endpoints: [{ outcome: 'removed' }] } });
  } finally {
    await apart.close();
  }
});
