import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { CONSOLE_HEALTH_PORT, CONSOLE_PORT, CONSOLE_ROLE } from './names.ts';
import { type Resource, type Synthesised, synthesised } from './synthesised.fixture.ts';

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});

const all = (type: string, inStack = /prod/): readonly Resource['Properties'][] => made.ofType(type, inStack).map(({ Properties }) => Properties);
type Attribute = { readonly Key: string; readonly Value: string };
const groupOfConsole = () => ({ 'Fn::ImportValue': expect.stringMatching(/^rcm-prod-network:.*Console.*GroupId/) });

describe('the console', () => {
  it('is reached over TLS alone, by addresses of the network, from the ranges that are named', () => {
    expect(all('AWS::ElasticLoadBalancingV2::LoadBalancer', /prod-console/)).toMatchObject([{ Scheme: 'internal', Type: 'application' }]);
    expect(all('AWS::ElasticLoadBalancingV2::Listener', /prod-console/)).toMatchObject([
      {
        ...{ Port: 443, Protocol: 'HTTPS', SslPolicy: expect.stringMatching(/TLS13-1-2/) },
        Certificates: [{ CertificateArn: 'arn:aws:acm:us-east-1:222222222222:certificate/00000000-0000-0000-0000-000000000002' }],
      },
    ]);
    const [door] = all('AWS::EC2::SecurityGroup', /prod-console/);
    expect(door!.SecurityGroupIngress).toMatchObject([{ CidrIp: '10.50.0.0/16', FromPort: 443, ToPort: 443 }]);
    expect(JSON.stringify(door!.SecurityGroupEgress)).not.toMatch(/0\.0\.0\.0/);
  });

  it('is behind that door alone, which reaches its two ports and nothing else', () => {
    const ports = { FromPort: CONSOLE_PORT, ToPort: CONSOLE_HEALTH_PORT, IpProtocol: 'tcp' };
    expect(CONSOLE_HEALTH_PORT - CONSOLE_PORT).toBe(1);
    expect(all('AWS::EC2::SecurityGroupEgress', /prod-console/)).toMatchObject([{ ...ports, DestinationSecurityGroupId: groupOfConsole() }]);
    expect(all('AWS::EC2::SecurityGroupIngress', /prod-console/)).toMatchObject([{ ...ports, GroupId: groupOfConsole() }]);
    const inNetwork = [...all('AWS::EC2::SecurityGroupIngress', /prod-network/), ...all('AWS::EC2::SecurityGroup', /prod-network/)];
    expect(inNetwork.filter(({ GroupId }) => JSON.stringify(GroupId ?? '').includes('Console'))).toEqual([]);
    const own = inNetwork.filter(({ GroupDescription }) => (GroupDescription as unknown) === 'The console');
    expect(own).toHaveLength(1);
    expect(own[0]).not.toHaveProperty('SecurityGroupIngress');
  });

  it('is asked whether it is alive where it answers to any name, and people where it answers to its own alone', () => {
    expect(all('AWS::ElasticLoadBalancingV2::TargetGroup', /prod-console/)).toMatchObject([
      { Port: CONSOLE_PORT, HealthCheckPort: String(CONSOLE_HEALTH_PORT), HealthCheckPath: '/healthz', Matcher: { HttpCode: '200' } },
    ]);
  });

  it('is a service of its own group, with a way out to its issuer', () => {
    const [service] = all('AWS::ECS::Service').filter(({ ServiceName }) => (ServiceName as unknown) === 'console');
    expect(service).toMatchObject({ DesiredCount: 2, LoadBalancers: [{ ContainerName: 'console', ContainerPort: CONSOLE_PORT }] });
    expect(service!.NetworkConfiguration).toMatchObject({ AwsvpcConfiguration: { SecurityGroups: [groupOfConsole()] } });
    expect(JSON.stringify(service!.NetworkConfiguration)).toMatch(/browsers/);
  });

  it('runs under a role to which nothing is allowed, and which nobody but ECS becomes', () => {
    const role = made.ofType('AWS::IAM::Role', /prod/).find(({ Properties }) => (Properties.RoleName as unknown) === CONSOLE_ROLE)!;
    expect(Object.keys(role.Properties).sort()).toEqual(['AssumeRolePolicyDocument', 'RoleName', 'Tags']);
    const id = role.at.split('/')[1] ?? '';
    const policies = [...all('AWS::IAM::ManagedPolicy'), ...all('AWS::IAM::Policy'), ...all('AWS::IAM::RolePolicy')];
    expect(policies.filter((policy) => [CONSOLE_ROLE, `"${id}"`].some((name) => JSON.stringify(policy).includes(name)))).toEqual([]);
    const task = all('AWS::ECS::TaskDefinition').find(({ Family }) => (Family as unknown) === 'rcm-console');
    expect(task).toMatchObject({ TaskRoleArn: `arn:aws:iam::222222222222:role/${CONSOLE_ROLE}` });
  });

  it('is waited for by its load balancer for longer than its longest answer takes, and keeps a connection for longer than that one does', async () => {
    const file = pathToFileURL(join(import.meta.dirname, '../../../console/src/web/keep-alive.ts')).href;
    const { KEEP_ALIVE_MS, READING_MS, READING_SPARE_MS } = (await import(file)) as Readonly<Record<string, number>>;
    const secondsOf = (attributes: unknown, key: string) => Number((attributes as Attribute[]).find(({ Key }) => Key === key)?.Value);
    const [door] = all('AWS::ElasticLoadBalancingV2::LoadBalancer', /prod-console/);
    const idleMs = secondsOf(door!.LoadBalancerAttributes, 'idle_timeout.timeout_seconds') * 1_000;
    expect(idleMs).toBeGreaterThan(READING_MS! + READING_SPARE_MS!);
    expect(idleMs).toBeLessThan(KEEP_ALIVE_MS!);
    const [targets] = all('AWS::ElasticLoadBalancingV2::TargetGroup', /prod-console/);
    expect(secondsOf(targets!.TargetGroupAttributes, 'deregistration_delay.timeout_seconds') * 1_000).toBeGreaterThan(idleMs);
  });

  it('is said who used it, in a bucket that takes the log of load balancers of this account', () => {
    const [door] = all('AWS::ElasticLoadBalancingV2::LoadBalancer', /prod-console/);
    expect(door!.LoadBalancerAttributes).toEqual(expect.arrayContaining([{ Key: 'access_logs.s3.prefix', Value: 'console' }]));
    expect(JSON.stringify(all('AWS::S3::BucketPolicy'))).toMatch(/\/console\/AWSLogs\/222222222222\/\*/);
  });

  it('is missed within minutes when none runs', () => {
    const alarms = all('AWS::CloudWatch::Alarm').filter(({ AlarmName }) => (AlarmName as unknown) === 'rcm-no-console');
    expect(alarms).toMatchObject([{ Dimensions: expect.arrayContaining([{ Name: 'ServiceName', Value: 'console' }]), TreatMissingData: 'breaching' }]);
  });

  it('is missed within minutes when its load balancer finds none that answers, and told of when it fails', () => {
    const alarm = (name: string) => all('AWS::CloudWatch::Alarm').filter(({ AlarmName }) => (AlarmName as unknown) === name);
    const told = [expect.stringMatching(/:rcm-notices$/)];
    expect(alarm('rcm-console-unreachable')).toMatchObject([
      {
        ...{ Namespace: 'AWS/ApplicationELB', MetricName: 'HealthyHostCount', Threshold: 1, ComparisonOperator: 'LessThanThreshold' },
        ...{ TreatMissingData: 'breaching', AlarmActions: told, OKActions: told },
        Dimensions: [
          { Name: 'LoadBalancer', Value: { 'Fn::GetAtt': [expect.any(String), 'LoadBalancerFullName'] } },
          { Name: 'TargetGroup', Value: { 'Fn::GetAtt': [expect.any(String), 'TargetGroupFullName'] } },
        ],
      },
    ]);
    expect(alarm('rcm-console-failing')).toHaveLength(1);
    const task = all('AWS::ECS::TaskDefinition').find(({ Family }) => (Family as unknown) === 'rcm-console');
    expect(JSON.stringify(task)).toMatch(/"RCM_EMBEDDED_METRICS_MS","Value":"60000"/);
  });

  it('is not there where nobody names it: no door, no service, no group, no secret, no log, no alarm', () => {
    expect([...made.templates.keys()]).not.toContain('rcm-dev-console');
    const dev = [...made.templates].filter(([name]) => name.startsWith('rcm-dev-'));
    expect(dev.length).toBeGreaterThan(3);
    expect(dev.filter(([, template]) => /console(?!\.aws)/i.test(JSON.stringify(template))).map(([name]) => name)).toEqual([]);
  });
});
