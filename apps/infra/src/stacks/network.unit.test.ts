import { beforeAll, describe, expect, it } from 'vitest';
import { databaseParameters } from './database-parameters.ts';
import { type Resource, type Synthesised, synthesised } from './synthesised.fixture.ts';

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});

const properties = (type: string, inStack = /./): readonly Resource['Properties'][] => made.ofType(type, inStack).map(({ Properties }) => Properties);

describe('the way out', () => {
  const egress = () => made.templates.get('rcm-prod-network')!.Resources;
  /** What the group named so lets out: of its own rules, and of those beside it. */
  const lets = (name: string) => {
    const [[id, group] = ['', undefined]] = Object.entries(egress()).filter(
      ([, { Type, Properties }]) => Type === 'AWS::EC2::SecurityGroup' && Properties.GroupDescription === name,
    );
    const inline = (group?.Properties.SecurityGroupEgress ?? []) as unknown as Record<string, unknown>[];
    const beside = Object.values(egress()).filter(
      ({ Type, Properties }) => Type === 'AWS::EC2::SecurityGroupEgress' && JSON.stringify(Properties.GroupId).includes(id),
    );
    return [...inline, ...beside.map(({ Properties }) => Properties)].map((rule) => [
      rule.Description,
      rule.CidrIp ?? 'not an address',
      rule.FromPort,
      rule.ToPort,
    ]);
  };

  it('is the browsers’, at the ports of the portals, and the console’s, at that of its issuer', () => {
    expect(lets('Processes that drive browsers').sort()).toEqual([
      ['Calls of AWS', 'not an address', 443, 443],
      ['Layers of images, audit heads, backups', 'not an address', 443, 443],
      ['Portals', '0.0.0.0/0', 443, 443],
      ['Portals', '0.0.0.0/0', 8443, 8443],
      ['Postgres', 'not an address', 5432, 5432],
    ]);
    expect(lets('The console').sort()).toEqual([
      ['Calls of AWS', 'not an address', 443, 443],
      ['Layers of images, audit heads, backups', 'not an address', 443, 443],
      ['Postgres', 'not an address', 5432, 5432],
      ['The issuer that signs people in', '0.0.0.0/0', 443, 443],
    ]);
    expect(lets('Processes that reach AWS and the database alone').filter(([, cidr]) => cidr !== 'not an address')).toEqual([]);
    expect(lets('Processes that reach AWS and the database alone')).toHaveLength(3);
    expect(lets('The database').filter(([, , from]) => from === 5432)).toEqual([]);
  });

  it('is a web-agent’s alone to mailboxes and to ports that no portal has, and nobody’s where none is named', () => {
    expect(lets('What web-agents alone are let out to')).toEqual([
      ['Receivers of callbacks', '0.0.0.0/0', 8444, 8444],
      ['Mailboxes', '0.0.0.0/0', 993, 993],
    ]);
    const groups = (name: string) =>
      JSON.stringify(properties('AWS::ECS::Service', /prod/).find(({ ServiceName }) => (ServiceName as unknown) === name)?.NetworkConfiguration);
    expect(groups('web-agent')).toMatch(/WebAgents/);
    for (const other of ['rotator', 'console', 'audit-heads']) expect(groups(other)).not.toMatch(/WebAgents/);
    expect(JSON.stringify(properties('AWS::Scheduler::Schedule'))).not.toMatch(/WebAgents/);
    const dev = JSON.stringify([properties('AWS::EC2::SecurityGroup', /dev/), properties('AWS::EC2::SecurityGroupEgress', /dev/)]);
    expect(dev).not.toMatch(/Mailboxes|"FromPort":993/);
  });

  it('has no public address, and the subnets of services and database have no route to it', () => {
    for (const subnet of properties('AWS::EC2::Subnet')) expect(subnet.MapPublicIpOnLaunch).toBe(false);
    const routes = made.ofType('AWS::EC2::Route').map(({ at }) => at);
    expect(routes.length).toBeGreaterThan(6);
    expect(routes.filter((at) => /services|database/i.test(at))).toEqual([]);
  });

  it('is to names of portals, AWS, the database, who signs callers and people in, and whom infra.yaml names besides; everything else is not resolved', () => {
    const lists = properties('AWS::Route53Resolver::FirewallDomainList', /prod/);
    const allowed = lists.find(({ Name }) => (Name as unknown) === 'rcm-allowed')!.Domains as unknown as string[];
    expect(allowed.filter((name) => !name.endsWith('amazonaws.com'))).toEqual([
      'login.sample-payer.example',
      'portal.sample-payer.example',
      'provider.second-payer.example',
      'identity.example',
      'sign-in.example',
      'keys.sign-in.example',
      'hooks.mercy.example',
      'hooks.north.example',
      'imap.mail.example',
      'collector.example',
      'notices.example',
    ]);
    expect(allowed.every((name) => !name.startsWith('*') || /^\*\.(dkr\.ecr|s3|us-east-1\.rds|us-east-1)\./.test(name))).toBe(true);
    for (const group of properties('AWS::Route53Resolver::FirewallRuleGroup'))
      expect(group.FirewallRules).toMatchObject([
        { Action: 'ALLOW', Priority: 100 },
        { Action: 'BLOCK', BlockResponse: 'NXDOMAIN', Priority: 200 },
      ]);
    expect(properties('AWS::Route53Resolver::FirewallRuleGroupAssociation', /prod/)).toMatchObject([{ MutationProtection: 'ENABLED' }]);
  });

  it('is not needed for AWS: each service that processes call has an endpoint, for principals of these accounts alone', () => {
    const endpoints = properties('AWS::EC2::VPCEndpoint', /prod/);
    const names = endpoints.map(({ ServiceName }) => /us-east-1\.([a-z0-9.]+)/.exec(JSON.stringify(ServiceName))?.[1] ?? 's3');
    expect(names.sort()).toEqual(['ecr.api', 'ecr.dkr', 'kms', 'logs', 's3', 'secretsmanager', 'sns', 'ssm', 'sts']);
    for (const { PolicyDocument, VpcEndpointType } of endpoints)
      if ((VpcEndpointType as unknown) === 'Interface')
        expect(PolicyDocument).toMatchObject({ Statement: [{ Condition: { StringEquals: { 'aws:PrincipalAccount': ['222222222222', '444444444444'] } } }] });
  });

  it('is the web-agents’, the rotators’ and the console’s, and no other service’s', () => {
    const groupOf = (service: string) =>
      JSON.stringify(properties('AWS::ECS::Service', /prod/).find(({ ServiceName }) => (ServiceName as unknown) === service)!.NetworkConfiguration);
    for (const service of ['web-agent', 'rotator']) expect(groupOf(service)).toMatch(/Browsers/);
    expect(groupOf('console')).toMatch(/Console/);
    expect(groupOf('audit-heads')).not.toMatch(/Browsers|browsers/);
  });
});

describe('the database', () => {
  it('takes TLS alone and logs no value', () => {
    const group = { Family: 'aurora-postgresql17', Parameters: databaseParameters };
    expect(properties('AWS::RDS::DBClusterParameterGroup')).toMatchObject([group, group]);
    expect(databaseParameters).toMatchObject({
      'rds.force_ssl': '1',
      log_statement: 'none',
      log_error_verbosity: 'terse',
      log_parameter_max_length_on_error: '0',
    });
  });

  it('is backed up twice, cannot be deleted by a slip, and is reached from the network alone', () => {
    const kept = { BackupRetentionPeriod: 35, DeletionProtection: true };
    expect(properties('AWS::RDS::DBCluster')).toMatchObject([kept, kept]);
    expect(properties('AWS::RDS::DBInstance').map((each) => each.PubliclyAccessible)).toEqual([false, false, false]);
    expect(properties('AWS::Backup::BackupPlan')).toMatchObject([
      { BackupPlan: { BackupPlanRule: [{ CopyActions: [{ DestinationBackupVaultArn: 'arn:aws:backup:us-west-2:222222222222:backup-vault:rcm-copies' }] }] } },
    ]);
  });

  it('that exists already is left as it is, and reached by its name', () => {
    expect(made.ofType('AWS::RDS::DBCluster', /dev/)).toEqual([]);
    const [allowed] = properties('AWS::Route53Resolver::FirewallDomainList', /dev/);
    expect(allowed!.Domains).toContain('postgres.dev.example');
  });
});
