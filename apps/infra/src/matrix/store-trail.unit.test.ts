import { loadPolicyEngine, type PolicyEngine } from '@rcm/local-aws';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from '../configuration/read-configuration.ts';
import { type Synthesised, synthesised } from '../stacks/synthesised.fixture.ts';
import { ACCOUNT, STORE_ACCOUNT, STRANGE_ACCOUNT } from './principals.fixture.ts';
import { policiesInTemplates, type PolicyInTemplate } from './template-policies.fixture.ts';

const BUCKET = `rcm-trail-${ACCOUNT}-us-east-1`;
const trailsOf = (made: Synthesised) => made.ofType('AWS::CloudTrail::Trail', /^rcm-prod-/);
const recorded = (environments: readonly Environment[]): readonly Environment[] =>
  environments.map((each) => ({ ...each, storeAccounts: each.storeAccounts.map((store) => ({ ...store, trail: 'existing' as const })) }));

let engine: PolicyEngine;
let made: Synthesised;
let existing: Synthesised;
beforeAll(async () => {
  engine = await loadPolicyEngine();
  made = synthesised();
  existing = synthesised({ change: recorded });
});

/** Whether CloudTrail, for the trail of an account, may do this with the bucket or the key. */
function allows(by: Synthesised, { account, action, resource }: Readonly<Record<'account' | 'action' | 'resource', string>>): boolean {
  const kind = action.startsWith('kms:') ? 'key' : 'bucket';
  const isOfIt = ({ kind: each, of, at }: PolicyInTemplate): boolean =>
    each === kind && at.startsWith('rcm-prod-') && of.some((arn) => resource.startsWith(arn));
  const policy = policiesInTemplates(by, 'prod').find(isOfIt) ?? expect.unreachable();
  const decision = engine.decide({
    ...{ principal: 'cloudtrail.amazonaws.com', action, resource, accountId: ACCOUNT, controlPolicies: [], identityPolicies: [] },
    resourcePolicy: engine.load(policy.at, 'resource', policy.document),
    context: {
      ...{ 'aws:SourceArn': `arn:aws:cloudtrail:us-east-1:${account}:trail/rcm-trail`, 's3:x-amz-acl': 'bucket-owner-full-control' },
      ...{ 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' },
    },
  });
  return decision === 'Allowed';
}

const acts = (account: string) => [
  { account, action: 's3:GetBucketAcl', resource: `arn:aws:s3:::${BUCKET}` },
  { account, action: 's3:PutObject', resource: `arn:aws:s3:::${BUCKET}/AWSLogs/${account}/CloudTrail/x` },
  { account, action: 'kms:GenerateDataKey', resource: `arn:aws:kms:us-east-1:${ACCOUNT}:key/PlatformKey` },
];

describe('a further account that holds secrets', () => {
  it('has a trail of every call in every region, since its rules are told of no other', () => {
    const rules = made.ofType('AWS::Events::Rule').filter(({ at }) => at.startsWith(`rcm-prod-store-${STORE_ACCOUNT}`));
    expect(rules.length).toBeGreaterThan(0);
    const [trail] = trailsOf(made).filter(({ at }) => at.startsWith(`rcm-prod-store-${STORE_ACCOUNT}/`));
    expect(trail?.Properties).toMatchObject({ IsLogging: true, IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true, EnableLogFileValidation: true });
    expect(trail?.Properties.AdvancedEventSelectors).toMatchObject([{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] }]);
  });

  it('writes it into the bucket of the account of the processes, under that account’s key, and may', () => {
    const [trail] = trailsOf(made).filter(({ at }) => at.includes(STORE_ACCOUNT));
    expect(trail?.Properties).toMatchObject({ S3BucketName: BUCKET, KMSKeyId: `arn:aws:kms:us-east-1:${ACCOUNT}:alias/rcm-platform` });
    for (const account of [ACCOUNT, STORE_ACCOUNT]) expect(acts(account).filter((act) => !allows(made, act))).toEqual([]);
    expect(acts(STRANGE_ACCOUNT).filter((act) => allows(made, act))).toEqual([]);
  });

  it('has none of its own where a trail of the organization is there, and none of it writes here', () => {
    expect(trailsOf(existing).map(({ at }) => at.split('/')[0])).toEqual(['rcm-prod-evidence']);
    expect(acts(STORE_ACCOUNT).filter((act) => allows(existing, act))).toEqual([]);
    expect(acts(ACCOUNT).filter((act) => !allows(existing, act))).toEqual([]);
  });
});
