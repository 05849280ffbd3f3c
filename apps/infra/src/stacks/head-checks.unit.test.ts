import { beforeAll, describe, expect, it } from 'vitest';
import { type Synthesised, synthesised } from './synthesised.fixture.ts';

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});
const properties = (type: string, of: RegExp) => made.ofType(type, of).map(({ Properties }) => Properties);
const headsTask = (of: RegExp): string =>
  JSON.stringify(properties('AWS::ECS::TaskDefinition', of).filter(({ Family }) => (Family as unknown) === 'rcm-audit-heads'));
const readsHeads = (of: RegExp): string[] =>
  made.ofType('AWS::IAM::ManagedPolicy', of).flatMap(({ at, Properties }) => (JSON.stringify(Properties).includes('s3:GetObjectVersion') ? [at] : []));
const throughTheNetwork = (of: RegExp): string =>
  JSON.stringify(properties('AWS::EC2::VPCEndpoint', of).filter(({ VpcEndpointType }) => (VpcEndpointType as unknown) === 'Gateway'));

describe('checks of the audit’s chains', () => {
  it('are done by the writer of heads, with an auditor’s login, where infra.yaml says so: it and nobody else reads heads', () => {
    expect(headsTask(/prod/)).toContain('"RCM_AUDIT_CHECKS_DATABASE_URL"');
    expect(readsHeads(/prod/)).toEqual([expect.stringMatching(/WriterChecks/)]);
    expect(throughTheNetwork(/prod/)).toMatch(/"s3:GetObjectVersion".*"arn:aws:s3:::rcm-heads-222222222222\/\*"/);
  });

  it('are done by nobody where it does not, and nothing of the bucket is read', () => {
    expect(headsTask(/dev/)).toContain('rcm-audit-heads');
    expect(headsTask(/dev/)).not.toContain('RCM_AUDIT_CHECKS_DATABASE_URL');
    expect(readsHeads(/dev/)).toEqual([]);
    expect(throughTheNetwork(/dev/)).not.toMatch(/GetObjectVersion|ListBucketVersions/);
  });
});
