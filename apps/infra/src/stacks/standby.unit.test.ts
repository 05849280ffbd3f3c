import { beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from '../configuration/read-configuration.ts';
import { toldEvents } from './events.ts';
import { type Resource, type Synthesised, synthesised } from './synthesised.fixture.ts';

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});
const properties = (type: string, inStack: RegExp, of = made): readonly Resource['Properties'][] =>
  of.ofType(type, inStack).map(({ Properties }) => Properties);

describe('the second region', () => {
  it('tells of itself: a topic under its own key, every event, and the alarms of what lies there', () => {
    expect(properties('AWS::SNS::Topic', /-copies-alerts$/)).toMatchObject([{ TopicName: 'rcm-notices', KmsMasterKeyId: expect.anything() }]);
    const second = { ...made.environments[1]!, region: 'us-west-2' };
    expect(properties('AWS::Events::Rule', /-copies-alerts$/).map(({ Name }) => String(Name))).toEqual(toldEvents(second).map(({ name }) => name));
    const alarms = properties('AWS::CloudWatch::Alarm', /-(copies-alerts|standby)$/);
    expect(alarms.map(({ AlarmName }) => String(AlarmName)).sort()).toEqual(['rcm-kms-quota', 'rcm-standby-behind']);
    // "AWS/RDS": a global database's lag is a metric of its cluster and of the region that it follows; of the cluster alone there is none.
    expect(alarms.find(({ AlarmName }) => String(AlarmName) === 'rcm-standby-behind')).toMatchObject({
      Dimensions: [
        { Name: 'DBClusterIdentifier', Value: 'rcm' },
        { Name: 'SourceRegion', Value: 'us-east-1' },
      ],
    });
    const topic = expect.objectContaining({ Ref: 'Topic' });
    expect(alarms.map(({ AlarmActions }) => AlarmActions)).toEqual([[topic], ['arn:aws:sns:us-west-2:222222222222:rcm-notices']]);
  });

  it('is told of in the same channel, whose chat application is set up once', () => {
    expect(properties('AWS::Chatbot::SlackChannelConfiguration', /prod-(copies-)?alerts$/)).toMatchObject([
      { SnsTopicArns: [{ Ref: 'Topic' }, 'arn:aws:sns:us-west-2:222222222222:rcm-notices'] },
    ]);
  });

  it('of a further account tells of itself as well, in the channel of that account', () => {
    const store = 'arn:aws:sns:us-west-2:444444444444:rcm-notices';
    const second = { ...made.environments[1]!, account: '444444444444', region: 'us-west-2' };
    expect(properties('AWS::SNS::Topic', /-us-west-2-alerts$/)).toMatchObject([{ TopicName: 'rcm-notices', KmsMasterKeyId: expect.anything() }]);
    expect(properties('AWS::Events::Rule', /-us-west-2-alerts$/).map(({ EventPattern }) => EventPattern)).toEqual(
      toldEvents(second).map(({ pattern }) => pattern),
    );
    expect(properties('AWS::Chatbot::SlackChannelConfiguration', /-store-/)).toMatchObject([{ SnsTopicArns: [{ Ref: 'Topic' }, store] }]);
  });

  it('has a database that follows the first one and knows no administrator of its own', () => {
    expect(properties('AWS::RDS::GlobalCluster', /prod-database$/)).toMatchObject([
      { GlobalClusterIdentifier: 'rcm', SourceDBClusterIdentifier: { 'Fn::GetAtt': ['Cluster', 'DBClusterArn'] }, DeletionProtection: true },
    ]);
    const [standby] = properties('AWS::RDS::DBCluster', /prod-standby$/);
    expect(standby).toMatchObject({ GlobalClusterIdentifier: 'rcm', StorageEncrypted: true, DeletionProtection: true, EngineVersion: '17.5' });
    // "Cannot specify user name for cross region replication cluster" (RDS).
    expect(Object.keys(standby ?? {}).filter((name) => /^(Master|Manage|DatabaseName)/.test(name))).toEqual([]);
    expect(standby!.KmsKeyId).toEqual({ 'Fn::ImportValue': expect.stringMatching(/^rcm-prod-copies:.*PlatformKey/) });
  });

  it('lets nothing in or out before somebody opens it', () => {
    const [group, ...others] = properties('AWS::EC2::SecurityGroup', /prod-standby$/);
    expect(others).toEqual([]);
    expect(group).not.toHaveProperty('SecurityGroupIngress');
    expect(JSON.stringify(group!.SecurityGroupEgress)).toContain('255.255.255.255/32');
    for (const type of ['AWS::EC2::InternetGateway', 'AWS::EC2::NatGateway', 'AWS::EC2::VPCEndpoint', 'AWS::EC2::SecurityGroupIngress', 'AWS::IAM::Role'])
      expect([type, properties(type, /prod-standby$/)]).toEqual([type, []]);
    expect(properties('AWS::EC2::FlowLog', /prod-standby$/)).toMatchObject([{ DeliverLogsPermissionArn: 'arn:aws:iam::222222222222:role/rcm-flow-log' }]);
  });

  it('has copies of the secrets that processes start with, and of the administrator’s', () => {
    const secrets = properties('AWS::SecretsManager::Secret', /prod-(identity|database)$/);
    expect(secrets.length).toBeGreaterThan(9);
    for (const secret of secrets) expect(secret.ReplicaRegions).toEqual([{ KmsKeyId: 'alias/rcm-platform', Region: 'us-west-2' }]);
  });

  it('without a standby has no database, and RDS keeps the administrator’s password', () => {
    const change = (all: readonly Environment[]) => all.map((each) => (each.replica ? { ...each, replica: { region: each.replica.region } } : each));
    const without = synthesised({ change });
    expect([...without.templates.keys()]).not.toContain('rcm-prod-standby');
    expect(properties('AWS::RDS::GlobalCluster', /./, without)).toEqual([]);
    expect(properties('AWS::RDS::DBCluster', /./, without)).toMatchObject([{ ManageMasterUserPassword: true }]);
    expect(JSON.stringify(without.ofType('AWS::IAM::ManagedPolicy', /prod-(network|database)$/))).not.toContain('us-west-2');
  });
});
