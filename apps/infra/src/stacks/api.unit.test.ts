import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { API_PORT } from './names.ts';
import { type Resource, type Synthesised, synthesised } from './synthesised.fixture.ts';

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});

const all = (type: string, inStack = /prod/): readonly Resource['Properties'][] => made.ofType(type, inStack).map(({ Properties }) => Properties);
const one = (type: string): Resource['Properties'] => {
  const [found, ...others] = all(type, /prod-api/);
  if (!found || others.length > 0) throw new Error(`There is not one ${type}.`);
  return found;
};

describe('the API', () => {
  it('is reached over TLS alone, by addresses of the network, from the ranges that are named', () => {
    expect(one('AWS::ElasticLoadBalancingV2::LoadBalancer')).toMatchObject({ Scheme: 'internal', Type: 'application' });
    expect(one('AWS::ElasticLoadBalancingV2::Listener')).toMatchObject({
      ...{ Port: 443, Protocol: 'HTTPS', SslPolicy: expect.stringMatching(/TLS13-1-2/) },
      Certificates: [{ CertificateArn: 'arn:aws:acm:us-east-1:222222222222:certificate/00000000-0000-0000-0000-000000000001' }],
    });
    const [door] = all('AWS::EC2::SecurityGroup', /prod-api/);
    expect(door!.SecurityGroupIngress).toMatchObject([
      { CidrIp: '10.40.0.0/16', FromPort: 443, ToPort: 443 },
      { CidrIp: '10.41.8.0/24', FromPort: 443, ToPort: 443 },
    ]);
  });

  it('leads to the port on which web-agents answer, and to nothing else', () => {
    const ports = { FromPort: API_PORT, ToPort: API_PORT, IpProtocol: 'tcp' };
    expect(all('AWS::EC2::SecurityGroupEgress', /prod-api/)).toMatchObject([{ ...ports, DestinationSecurityGroupId: browsersOfNetwork() }]);
    expect(all('AWS::EC2::SecurityGroupIngress', /prod-api/)).toMatchObject([{ ...ports, GroupId: browsersOfNetwork() }]);
    const [door] = all('AWS::EC2::SecurityGroup', /prod-api/);
    expect(JSON.stringify(door!.SecurityGroupEgress)).not.toMatch(/0\.0\.0\.0/);
    const agents = all('AWS::ECS::TaskDefinition').find(({ Family }) => (Family as unknown) === 'rcm-web-agent')!;
    expect(agents.ContainerDefinitions).toMatchObject([
      {
        PortMappings: [{ ContainerPort: API_PORT }],
        Environment: expect.arrayContaining([
          { Name: 'RCM_API_PORT', Value: String(API_PORT) },
          { Name: 'RCM_API_TLS_PROXY', Value: 'yes' },
        ]),
      },
    ]);
  });

  it('is the web-agents’: the console alone is behind another door, and no other container has a port', () => {
    const behind = all('AWS::ECS::Service').filter((service) => 'LoadBalancers' in service);
    expect(behind).toMatchObject([
      { ServiceName: 'web-agent', LoadBalancers: [{ ContainerName: 'web-agent', ContainerPort: API_PORT, TargetGroupArn: targetsOf('api') }] },
      { ServiceName: 'console', LoadBalancers: [{ TargetGroupArn: targetsOf('console') }] },
    ]);
    const containers = all('AWS::ECS::TaskDefinition').flatMap((each) => each.ContainerDefinitions as unknown as Record<string, unknown>[]);
    expect(containers.filter((container) => 'PortMappings' in container).map(({ Name }) => Name)).toEqual(['web-agent', 'console']);
  });

  it('keeps a connection for less long than a web-agent does, which would close it under a request', async () => {
    const keepAlive = pathToFileURL(join(import.meta.dirname, '../../../web-agent/src/http/keep-alive.ts')).href;
    const { KEEP_ALIVE_MS } = (await import(keepAlive)) as { readonly KEEP_ALIVE_MS: number };
    expect(Number(attributes()['idle_timeout.timeout_seconds']) * 1_000).toBeLessThan(KEEP_ALIVE_MS);
  });

  it('is missed within minutes where its load balancer finds no web-agent that answers, however many run', () => {
    const alarms = all('AWS::CloudWatch::Alarm', /prod-api/).filter(({ AlarmName }) => (AlarmName as unknown) === 'rcm-api-unreachable');
    expect(alarms).toMatchObject([
      {
        ...{ AlarmName: 'rcm-api-unreachable', Namespace: 'AWS/ApplicationELB', MetricName: 'HealthyHostCount', Statistic: 'Maximum' },
        ...{ Threshold: 1, ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching', AlarmActions: [expect.stringMatching(/:rcm-notices$/)] },
      },
    ]);
  });

  it('is told of a month before the certificate of a door ends, and once it has, when ACM measures it no more', () => {
    const certificates = all('AWS::ElasticLoadBalancingV2::Listener').map(({ Certificates }) => (Certificates as unknown as [{ CertificateArn: string }])[0]);
    const alarms = all('AWS::CloudWatch::Alarm').filter(({ MetricName }) => (MetricName as unknown) === 'DaysToExpiry');
    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual(['rcm-api-certificate-ends', 'rcm-console-certificate-ends']);
    expect(alarms).toMatchObject(
      certificates.map(({ CertificateArn }) => ({
        ...{ Namespace: 'AWS/CertificateManager', Statistic: 'Minimum', Threshold: 30, ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' },
        ...{ Dimensions: [{ Name: 'CertificateArn', Value: CertificateArn }], AlarmActions: [expect.stringMatching(/:rcm-notices$/)] },
      })),
    );
  });

  it('is said who used it, in a bucket that takes the log of load balancers of this account', () => {
    const of = attributes();
    expect(of).toMatchObject({ 'access_logs.s3.enabled': 'true', 'deletion_protection.enabled': 'true', 'routing.http.desync_mitigation_mode': 'strictest' });
    const policies = JSON.stringify(all('AWS::S3::BucketPolicy'));
    expect(of['access_logs.s3.bucket']).toBe('rcm-access-logs-222222222222-us-east-1');
    expect(policies).toMatch(new RegExp(`/${of['access_logs.s3.prefix']}/AWSLogs/222222222222/\\*`));
  });

  it('is not there where nobody names it: nothing listens, and no key is fetched', () => {
    expect([...made.templates.keys()]).not.toContain('rcm-dev-api');
    expect(all('AWS::ElasticLoadBalancingV2::LoadBalancer', /dev/)).toEqual([]);
    expect(JSON.stringify(all('AWS::ECS::TaskDefinition', /dev/))).not.toMatch(/RCM_API_|PortMappings/);
    expect(JSON.stringify(all('AWS::S3::BucketPolicy', /dev/))).not.toMatch(/elasticloadbalancing/);
  });
});

function attributes(): Readonly<Record<string, string>> {
  const listed = one('AWS::ElasticLoadBalancingV2::LoadBalancer').LoadBalancerAttributes as unknown as { Key: string; Value: string }[];
  return Object.fromEntries(listed.map(({ Key, Value }) => [Key, Value]));
}

const targetsOf = (stack: string) => ({ 'Fn::ImportValue': expect.stringMatching(new RegExp(`^rcm-prod-${stack}:`)) });
const browsersOfNetwork = () => ({ 'Fn::ImportValue': expect.stringMatching(/^rcm-prod-network:.*Browsers.*GroupId/) });
