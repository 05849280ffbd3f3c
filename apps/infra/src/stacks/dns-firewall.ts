import type { aws_ec2 as ec2 } from 'aws-cdk-lib';
import { aws_route53resolver as resolver, type aws_logs as logs, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { outsideOf } from './outside.ts';

/** Services of AWS that processes call; each has an endpoint in the network. */
export const CALLED_SERVICES = ['ssm', 'secretsmanager', 'kms', 'sts', 'logs', 'sns', 'ecr.api', 'ecr.dkr'] as const;

/** Which of them are called in the second region, while the first one is down or a copy is written. There is no endpoint there: it goes through the NAT. */
const CALLED_ELSEWHERE = ['ssm', 'secretsmanager', 'kms'];

/**
 * Names that may be asked for: the portals', AWS's, the database's, where the keys are by which tokens are checked, who signs people in to the console, and
 * whom processes tell or read by configuration.
 */
function allowedNames(environment: Environment): string[] {
  const { region, partition, portals, database, replica, noticeWebhook, backups } = environment;
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  const beside = [...outsideOf(environment).map(({ host }) => host), ...(noticeWebhook ? [noticeWebhook.host] : [])];
  const names = [
    ...[...portals.names, ...issuers(environment), ...beside],
    ...['ssm', 'secretsmanager', 'kms', 'sts', 'logs', 'sns', 'api.ecr', '*.dkr.ecr', 's3', '*.s3'].map((service) => `${service}.${region}.${suffix}`),
    ...(replica ? CALLED_ELSEWHERE.map((service) => `${service}.${replica.region}.${suffix}`) : []),
    ...(backups?.elsewhere && backups.elsewhere.region !== region ? ['s3', '*.s3'].map((service) => `${service}.${backups.elsewhere?.region}.${suffix}`) : []),
    database.kind === 'aurora' ? `*.${region}.rds.${suffix}` : database.host,
  ];
  return [...new Set(names)];
}

const issuers = ({ api, console: people }: Environment): string[] => [
  ...[api?.jwksUrl, api?.previous?.jwksUrl, people?.issuer].flatMap((url) => (url === undefined ? [] : [new URL(url).hostname])),
  ...(people?.issuerHosts ?? []),
];

/**
 * Nothing but these names is resolved in the network, so a page or a process that was taken over cannot carry data out by DNS and finds no host of its own.
 * It is closed while the firewall does not answer. An address that is known already needs no DNS: against that stands what the browser lets out.
 */
export function dnsFirewall(stack: Stack, environment: Environment, { vpc, queries }: { readonly vpc: ec2.Vpc; readonly queries: logs.LogGroup }): void {
  const allowed = new resolver.CfnFirewallDomainList(stack, 'AllowedNames', { name: 'rcm-allowed', domains: allowedNames(environment) });
  const everything = new resolver.CfnFirewallDomainList(stack, 'EveryName', { name: 'rcm-everything', domains: ['*'] });
  const rules = new resolver.CfnFirewallRuleGroup(stack, 'DnsFirewall', {
    name: 'rcm',
    firewallRules: [
      // A portal's name may lead on to one of its content network, which the portal's owner chooses.
      { action: 'ALLOW', priority: 100, firewallDomainListId: allowed.attrId, firewallDomainRedirectionAction: 'TRUST_REDIRECTION_DOMAIN' },
      { action: 'BLOCK', priority: 200, firewallDomainListId: everything.attrId, blockResponse: 'NXDOMAIN' },
    ],
  });
  new resolver.CfnFirewallRuleGroupAssociation(stack, 'DnsFirewallOfNetwork', {
    ...{ firewallRuleGroupId: rules.attrId, vpcId: vpc.vpcId, priority: 101, name: 'rcm' },
    mutationProtection: environment.stage === 'production' ? 'ENABLED' : 'DISABLED',
  });
  const log = new resolver.CfnResolverQueryLoggingConfig(stack, 'DnsQueries', { name: 'rcm', destinationArn: queries.logGroupArn });
  new resolver.CfnResolverQueryLoggingConfigAssociation(stack, 'DnsQueriesOfNetwork', { resolverQueryLogConfigId: log.attrId, resourceId: vpc.vpcId });
}
