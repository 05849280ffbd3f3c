import { vaultTenantPolicy } from '@rcm/credentials';
import { platformPolicies, storeAccountPolicies } from '@rcm/credentials/policies';
import { describe, expect, test } from 'vitest';
import { rcm } from '../testing.fixture.ts';

const AWS = ['policies', 'aws', '--account', '123456789012', '--region', 'us-east-1', 'us-west-2', '--environment', 'prod'];
const PLACE = { accountId: '123456789012', regions: ['us-east-1', 'us-west-2'], environment: 'prod' };
const EVERYTHING = [...AWS, '--dedicated', 'agent:mercy', 'rotator:mercy', '--heads-bucket', 'heads-of-mercy', '--heads-prefix', 'rcm/'];
const everything = () =>
  platformPolicies({
    ...PLACE,
    dedicated: [
      { app: 'agent', orgId: 'mercy' },
      { app: 'rotator', orgId: 'mercy' },
    ],
    auditHeads: { bucket: 'heads-of-mercy', prefix: 'rcm/' },
  });

/** What Terraform makes of a heredoc: its indentation and the two escapes go. */
const documents = (text: string): object[] =>
  [...text.matchAll(/<<-JSON\n([\s\S]*?)\n {2}JSON\n/g)].map(([, body = '']) => JSON.parse(body.replaceAll('$${', '${').replaceAll('%%{', '%{')) as object);

describe('policies aws', () => {
  test('prints what the platform is deployed with, no more and no less', async () => {
    const { code, stdout } = await rcm(EVERYTHING);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ version: 1, ...everything() });
  });

  test('are of the partition that the regions are in, and of no other', async () => {
    const gov = ['policies', 'aws', '--account', '123456789012', '--region', 'us-gov-west-1', '--environment', 'prod'];
    expect((await rcm(gov)).stdout).toBe((await rcm([...gov, '--partition', 'aws-us-gov'])).stdout);
    expect((await rcm(gov)).stdout).not.toContain('arn:aws:');
    const wrong = await rcm([...gov, '--partition', 'aws']);
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toContain('a region is not in the partition');
  });

  test('of people, and of further accounts, prints what the stack deploys', async () => {
    const people = ['breakGlass', 'auditor'] as const;
    const here = await rcm([...AWS, '--people', ...people, '--store-account', '444444444444']);
    expect(JSON.parse(here.stdout)).toEqual({ version: 1, ...platformPolicies({ ...PLACE, people, storeAccounts: ['444444444444'] }) });
    const there = await rcm([...AWS, '--account', '444444444444', '--tasks-account', '123456789012', '--people', ...people]);
    expect(JSON.parse(there.stdout)).toEqual({
      version: 1,
      ...storeAccountPolicies({ ...PLACE, accountId: '444444444444', tasksAccountId: '123456789012', people }),
    });
  });

  test('for Terraform: every document once, whole, and nothing in it that Terraform would fill in', async () => {
    const { code, stdout } = await rcm([...EVERYTHING, '--format', 'terraform']);
    expect(code).toBe(0);
    const { roles, keyPolicy, guardrail } = everything();
    expect(documents(stdout)).toEqual([...roles.flatMap(({ trustPolicy, policy }) => [trustPolicy, policy]), keyPolicy, guardrail]);
    expect(stdout).toContain('$${aws:PrincipalTag/tenant_id}');
    expect(stdout.replaceAll('$${', '')).not.toContain('${');
    const names = [...stdout.matchAll(/^resource "([a-z_]+)" "([a-z0-9_]+)" \{$/gm)].map(([, type, name]) => `${type}.${name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(3 * roles.length + 2);
    expect(stdout).toContain('  tags = {\n    env = "prod"\n    tenant_id = "mercy"\n  }\n');
  });

  test.each([
    [['--account', '12'], 'input_invalid', /twelve digits/],
    [['--environment', 'prod/*'], 'config_invalid', /environment/],
    [['--dedicated', 'console:mercy'], 'input_invalid', /APP:ORGANIZATION/],
    [['--dedicated', 'agent:mercy*'], 'config_invalid', /organization/],
    [['--tasks-account', '123456789013', '--dedicated', 'agent:mercy'], 'input_invalid', /--dedicated/],
    [['--dedicated', 'agent:task'], 'config_invalid', /two roles/],
    [['--heads-key', 'arn:aws:kms:us-east-1:123456789012:key/1'], 'input_invalid', /--heads-bucket/],
  ])('with %j prints nothing but why', async (more, code, said) => {
    const ended = await rcm([...AWS, ...more, '--json']);
    expect(ended.code).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code, message: expect.stringMatching(said) } });
  });
});

test('policies vault prints each AppRole’s own', async () => {
  const { code, stdout } = await rcm(['policies', 'vault', '--mount', 'kv', '--environment', 'prod', '--tenant', 'mercy', 'mercy-west']);
  expect(code).toBe(0);
  const parts = ['agent', 'rotator', 'migrator'] as const;
  expect(JSON.parse(stdout)).toEqual({
    version: 1,
    policies: Object.fromEntries(
      ['mercy', 'mercy-west'].flatMap((orgId) =>
        parts.map((part) => [`${orgId}-${part}`, vaultTenantPolicy({ mount: 'kv', environment: 'prod', orgId, part })]),
      ),
    ),
  });
});
