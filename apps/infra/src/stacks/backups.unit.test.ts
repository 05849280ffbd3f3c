import { beforeAll, describe, expect, it } from 'vitest';
import { type Synthesised, synthesised } from './synthesised.fixture.ts';

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});
const properties = (type: string, of = /prod/) => made.ofType(type, of).map(({ Properties }) => Properties);
const BUCKET = 'rcm-backups-222222222222';

describe('backups of secrets', () => {
  it('lie in a bucket of their own, which keeps each for its days, and no longer', () => {
    const [bucket] = properties('AWS::S3::Bucket').filter(({ BucketName }) => (BucketName as unknown) === BUCKET);
    expect(bucket).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 35 } } },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 36, NoncurrentVersionExpiration: { NoncurrentDays: 1 }, Status: 'Enabled' }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    });
  });

  it('are written each day by a rotator’s task, which is told the recipients and the bucket', () => {
    const [schedule] = properties('AWS::Scheduler::Schedule').filter(({ Name }) => (Name as unknown) === 'rcm-secrets-backup');
    const { Input } = schedule!.Target as unknown as { readonly Input: string };
    const { containerOverrides } = JSON.parse(Input) as {
      readonly containerOverrides: readonly { readonly name: string; readonly command: readonly string[] }[];
    };
    const [{ name, command } = { name: '', command: [] as readonly string[] }] = containerOverrides;
    expect([name, ...command.slice(0, 3)]).toEqual(['rotator', 'backup', '--out', `s3://${BUCKET}/secrets`]);
    expect(String(schedule!.ScheduleExpression)).toMatch(/^cron\(\d+ \d+ \* \* \? \*\)$/);
    const [rotator] = properties('AWS::ECS::TaskDefinition').filter(({ Family }) => (Family as unknown) === 'rcm-rotator');
    expect(JSON.stringify(rotator)).toMatch(/"RCM_BACKUP_RECIPIENTS","Value":"age1[0-9a-z]+,age1[0-9a-z]+"/);
  });

  it('leave the network for that bucket alone, and nothing comes back from it', () => {
    const [s3] = properties('AWS::EC2::VPCEndpoint').filter(({ VpcEndpointType }) => (VpcEndpointType as unknown) === 'Gateway');
    const { Statement } = s3!.PolicyDocument as unknown as { readonly Statement: readonly { readonly Action: unknown; readonly Resource: unknown }[] };
    expect(Statement.filter(({ Resource }) => JSON.stringify(Resource).includes(BUCKET))).toMatchObject([
      { Action: 's3:PutObject', Resource: `arn:aws:s3:::${BUCKET}/*` },
    ]);
  });

  it('are not made where infra.yaml names none', () => {
    expect(properties('AWS::Scheduler::Schedule', /dev/).map(({ Name }) => Name as unknown)).toEqual(['rcm-rotator-safety-net']);
    expect(JSON.stringify(properties('AWS::ECS::TaskDefinition', /dev/))).not.toContain('RCM_BACKUP_RECIPIENTS');
  });
});
