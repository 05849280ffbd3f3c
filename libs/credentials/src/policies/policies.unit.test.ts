import { describe, expect, it } from 'vitest';
import { type PlatformPolicies, platformPolicies, type PlatformPoliciesOptions, storeAccountPolicies, tenantPolicy, tenantTrustPolicy } from './index.ts';

/** IAM quotas: characters of a managed policy without white space, of a trust policy unless raised, and of a KMS key policy. */
const MANAGED_POLICY = 6_144;
const TRUST_POLICY = 2_048;
const KEY_POLICY = 32_768;

const place: PlatformPoliciesOptions = { accountId: '123456789012', regions: ['us-east-1', 'us-west-2'], environment: 'prod' };
const made = (more: Partial<PlatformPoliciesOptions> = {}): PlatformPolicies => platformPolicies({ ...place, ...more });
const sizeOf = (document: object): number => JSON.stringify(document).length;

describe('policies', () => {
  it.each([
    ['one region', made({ regions: ['us-east-1'] })],
    ['two regions and the longest names', made({ partition: 'aws-us-gov', regions: ['us-gov-east-1', 'us-gov-west-1'], environment: 'x'.repeat(63) })],
    [
      'people, and ten further accounts',
      made({ people: ['breakGlass', 'auditor', 'devAdmin'], storeAccounts: Array.from({ length: 10 }, (_, index) => `10000000000${index}`) }),
    ],
    ['a further account', storeAccountPolicies({ ...place, tasksAccountId: '999999999999', people: ['breakGlass', 'auditor', 'devAdmin'] })],
    ['twenty dedicated deployments', made({ dedicated: Array.from({ length: 20 }, (_, index) => ({ app: 'agent', orgId: `hospital-${index}` })) })],
  ])('fit IAM’s quotas with %s', (_, { roles, keyPolicy }) => {
    for (const { policy, trustPolicy } of roles) {
      expect(sizeOf(policy)).toBeLessThanOrEqual(MANAGED_POLICY);
      expect(sizeOf(trustPolicy)).toBeLessThanOrEqual(TRUST_POLICY);
    }
    expect(sizeOf(keyPolicy)).toBeLessThanOrEqual(KEY_POLICY);
  });

  it('are plain JSON: what is written is what is read', () => {
    expect(JSON.parse(JSON.stringify(made()))).toEqual(made());
  });

  it('name every statement once in its document', () => {
    const { roles, keyPolicy } = made();
    for (const document of [keyPolicy, ...roles.flatMap(({ policy, trustPolicy }) => [policy, trustPolicy])]) {
      const sids = document.Statement.map(({ Sid }) => Sid);
      expect(new Set(sids).size).toBe(sids.length);
      expect(sids.every((sid) => /^[A-Za-z0-9]+$/.test(sid))).toBe(true);
    }
  });

  it('name every region’s secrets, and only this account’s', () => {
    const text = JSON.stringify(made().roles);
    for (const region of place.regions) for (const service of ['ssm', 'secretsmanager']) expect(text).toContain(`arn:aws:${service}:${region}:123456789012:`);
    expect(JSON.stringify(made().keyPolicy)).toContain('secretsmanager.us-west-2.amazonaws.com');
  });

  it('end every path segment that a tag stands for with a slash', () => {
    for (const [pattern] of JSON.stringify(made()).matchAll(/\$\{aws:PrincipalTag\/[a-z_]+\}./g)) expect(pattern).toMatch(/\}[/"]$/);
  });

  it('give a dedicated deployment the tags that its tenant would have, on the role itself', () => {
    const { roles } = made({ dedicated: [{ app: 'rotator', orgId: 'north' }] });
    const dedicated = roles.find(({ name }) => name === 'rcm-rotator-north');
    expect(dedicated).toMatchObject({ tags: { env: 'prod', tenant_id: 'north' }, policy: tenantPolicy('rotator', place) });
  });
});

describe('policies are not made', () => {
  it.each([
    ['for an account that is none', { accountId: '*' }],
    ['for no region', { regions: [] }],
    ['for a region with a wildcard', { regions: ['us-*'] }],
    ['for a partition with a colon', { partition: 'aws:x' }],
    ['for a region of another partition', { partition: 'aws-us-gov' }],
    ['for regions of two partitions', { regions: ['us-east-1', 'us-gov-west-1'] }],
    ['for an environment that could leave its path', { environment: 'prod/*' }],
    ['for a dedicated tenant whose role would have the name of another', { dedicated: [{ app: 'agent', orgId: 'task' } as const] }],
    ['for three regions, whose policies AWS would refuse', { regions: ['us-east-1', 'us-west-2', 'eu-west-1'] }],
    ['for 140 further accounts, likewise', { storeAccounts: Array.from({ length: 140 }, (_, index) => String(100_000_000_000 + index)) }],
    [
      'for 200 dedicated deployments, likewise',
      { dedicated: Array.from({ length: 200 }, (_, index) => ({ app: 'rotator', orgId: `hospital-${index}` }) as const) },
    ],
    ['for a dedicated tenant that is no id', { dedicated: [{ app: 'agent', orgId: 'nor/th' } as const] }],
  ])('%s', (_, more) => {
    expect(() => made(more)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });

  it('for so many dedicated rotators that no service control policy could name them', () => {
    const dedicated = (count: number) => ({
      dedicated: Array.from({ length: count }, (_, index) => ({ app: 'rotator', orgId: `hospital-${index}` }) as const),
    });
    expect(JSON.stringify(made(dedicated(20)).guardrail).length).toBeLessThanOrEqual(5120);
    expect(() => made(dedicated(40))).toThrow(/the guardrail would have \d+ characters, and AWS takes 5120/);
  });

  it('for a further account with three regions, likewise', () => {
    const three = { ...place, regions: ['us-east-1', 'us-west-2', 'eu-west-1'], tasksAccountId: '999999999999' };
    expect(() => storeAccountPolicies(three)).toThrow(/the policy of rcm-rotator-tenant would have \d+ characters, and AWS takes 6144/);
  });

  it('with a role that is not named by its ARN', () => {
    for (const arn of ['*', 'arn:aws:iam::123456789012:root', 'arn:aws:iam::123456789012:role/*'])
      expect(() => tenantTrustPolicy(place, [arn])).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });
});
