import { aws_ec2 as ec2, aws_iam as iam, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { CALLED_SERVICES } from './dns-firewall.ts';

export interface EndpointsOptions {
  readonly vpc: ec2.Vpc;
  readonly securityGroup: ec2.SecurityGroup;
}

/**
 * Calls of AWS stay inside of its network, and through the endpoints only principals of these accounts call: a key that somebody brings along opens nothing from
 * here. The layers of images come from AWS's own buckets, and nothing else of S3 is reached but the buckets of audit heads and of backups, which can be added to; heads are read where chains are checked.
 */
export function endpoints(stack: Stack, environment: Environment, { vpc, securityGroup }: EndpointsOptions): void {
  const { partition, region, account, storeAccounts, auditHeads, backups } = environment;
  const ours = { StringEquals: { 'aws:PrincipalAccount': [account, ...storeAccounts.map((store) => store.account)] } };
  const allow = (actions: readonly string[], resources: readonly string[], conditions: iam.PolicyStatementProps['conditions']): iam.PolicyStatement =>
    new iam.PolicyStatement({ principals: [new iam.AnyPrincipal()], actions: [...actions], resources: [...resources], ...(conditions ? { conditions } : {}) });
  for (const service of CALLED_SERVICES) {
    const endpoint = vpc.addInterfaceEndpoint(service, {
      service: new ec2.InterfaceVpcEndpointAwsService(service),
      subnets: { subnetGroupName: 'services' },
      securityGroups: [securityGroup],
      open: false,
      privateDnsEnabled: true,
    });
    endpoint.addToPolicy(allow(['*'], ['*'], ours));
  }
  const s3 = vpc.addGatewayEndpoint('s3', {
    service: ec2.GatewayVpcEndpointAwsService.S3,
    subnets: [{ subnetGroupName: 'services' }, { subnetGroupName: 'browsers' }],
  });
  // "Amazon ECR interface VPC endpoints": layers are read with signed links, whose principal is not this account's.
  s3.addToPolicy(allow(['s3:GetObject'], [`arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`], undefined));
  s3.addToPolicy(allow(['s3:PutObject', 's3:PutObjectRetention'], [`arn:${partition}:s3:::${auditHeads.bucket}/*`], ours));
  if (auditHeads.checks) {
    s3.addToPolicy(allow(['s3:ListBucketVersions'], [`arn:${partition}:s3:::${auditHeads.bucket}`], ours));
    s3.addToPolicy(allow(['s3:GetObjectVersion'], [`arn:${partition}:s3:::${auditHeads.bucket}/*`], ours));
  }
  if (backups) s3.addToPolicy(allow(['s3:PutObject'], [`arn:${partition}:s3:::${backups.bucket}/*`], ours));
}
