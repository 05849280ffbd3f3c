import { loadPolicyEngine, type PolicyEngine } from '@rcm/local-aws';
import { taskRoleName } from '@rcm/credentials/policies';
import { beforeAll, expect, it } from 'vitest';
import { backupsElsewhere, ELSEWHERE, type Synthesised, synthesised } from '../stacks/synthesised.fixture.ts';
import { mutantsOf } from './mutants.fixture.ts';
import { ACCOUNT } from './principals.fixture.ts';
import { policiesInTemplates, type PolicyInTemplate } from './template-policies.fixture.ts';

/** Backups in a bucket of another account and region: what the example does not have, and is judged here as the example is by the matrix. */
const BUCKET = `arn:aws:s3:::rcm-backups-${ACCOUNT}`;

let engine: PolicyEngine;
let made: Synthesised;
let policies: readonly PolicyInTemplate[];
beforeAll(async () => {
  engine = await loadPolicyEngine();
  made = synthesised({ change: backupsElsewhere });
  policies = policiesInTemplates(made, 'prod').filter(({ at }) => /-backups\/|RotatorBacksUp/.test(at));
});

const SECURE = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };
const task = (role: string): string => `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/session`;
const [ROTATOR, AGENT] = [taskRoleName('rotator'), taskRoleName('agent')] as const;

/** Who, what, which object, how the connection is; and whether it is allowed. */
const CASES: readonly (readonly [role: string, action: string, object: string, context: Readonly<Record<string, string>>, isAllowed: boolean])[] = [
  [ROTATOR, 's3:PutObject', 'secrets/x', SECURE, true],
  [ROTATOR, 's3:PutObject', 'other/x', SECURE, false],
  [ROTATOR, 's3:GetObject', 'secrets/x', SECURE, false],
  [ROTATOR, 's3:DeleteObject', 'secrets/x', SECURE, false],
  [ROTATOR, 's3:PutObject', 'secrets/x', { ...SECURE, 'aws:SecureTransport': 'false' }, false],
  [ROTATOR, 's3:PutObject', 'secrets/x', { ...SECURE, 's3:TlsVersion': '1.1' }, false],
  [AGENT, 's3:PutObject', 'secrets/x', SECURE, false],
];

function allows(by: readonly PolicyInTemplate[], [role, action, object, context]: (typeof CASES)[number]): boolean {
  const own = `arn:aws:iam::${ACCOUNT}:role/${role}`;
  const bucket = by.find(({ kind }) => kind === 'bucket');
  const decision = engine.decide({
    ...{ principal: task(role), action, resource: `${BUCKET}/${object}`, accountId: ELSEWHERE.account, controlPolicies: [] },
    identityPolicies: by.filter(({ kind, of }) => kind === 'identity' && of.includes(own)).map(({ at, document }) => engine.load(at, 'identity', document)),
    resourcePolicy: bucket ? engine.load(bucket.at, 'resource', bucket.document) : null,
    context: { 'aws:PrincipalArn': own, 'aws:PrincipalAccount': ACCOUNT, ...context },
  });
  return decision === 'Allowed';
}

it('a rotator adds to it, by both accounts’ word, and nobody does anything else', () => {
  for (const each of CASES) expect([each.slice(0, 4), allows(policies, each)]).toEqual([each.slice(0, 4), each[4]]);
});

it('every statement and every condition turns a case when it is taken away', () => {
  const mutants = policies.flatMap(mutantsOf);
  expect(mutants.length).toBeGreaterThan(4);
  const unturned = mutants.filter(({ of, changed }) => {
    const mutated = policies.map((policy) => (policy === of ? changed : policy));
    return CASES.every((each) => allows(mutated, each) === each[4]);
  });
  expect(unturned.map(({ title }) => title)).toEqual([]);
});

it('it keeps each backup for its days, and the environment’s own account has none', () => {
  const buckets = made.ofType('AWS::S3::Bucket').filter(({ Properties }) => String(Properties.BucketName) === `rcm-backups-${ACCOUNT}`);
  expect(buckets.map(({ at }) => at.split('/')[0])).toEqual(['rcm-prod-backups']);
  expect(buckets[0]?.Properties).toMatchObject({
    ObjectLockEnabled: true,
    ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 35 } } },
  });
  const stack = made.app.node.children.find(({ node }) => node.id === 'rcm-prod-backups') as unknown as typeof ELSEWHERE | undefined;
  expect([stack?.account, stack?.region]).toEqual([ELSEWHERE.account, ELSEWHERE.region]);
});

it('its name is resolved in the network of the rotators', () => {
  const lists = made.ofType('AWS::Route53Resolver::FirewallDomainList', /prod/).flatMap(({ Properties }) => Properties.Domains as unknown as string[]);
  expect(lists).toEqual(expect.arrayContaining(['s3.us-east-2.amazonaws.com', '*.s3.us-east-2.amazonaws.com']));
});
