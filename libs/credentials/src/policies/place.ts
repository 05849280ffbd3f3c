import { isId, RcmError } from '@rcm/telemetry';
import { partitionOfRegion } from '../aws-partition.ts';

/** Where the platform runs. */
export interface PolicyPlace {
  /** `aws`, `aws-cn`, `aws-us-gov`, … Default: the one that the regions are in. */
  readonly partition?: string;
  /** Twelve digits. */
  readonly accountId: string;
  /** Where secrets lie: the first is the one that is written, others hold replicas. At least one. */
  readonly regions: readonly string[];
  /** First segment of every path after `rcm`, and the session tag `env`. */
  readonly environment: string;
}

/** A `PolicyPlace` that was checked, with every default filled in. */
export type CheckedPlace = Required<PolicyPlace>;

/** Fails with `config_invalid`: whatever is pasted into an ARN must not be able to widen it. */
export function checkedPlace({ accountId, regions, environment, partition = partitionOfRegion(regions[0] ?? '') }: PolicyPlace): CheckedPlace {
  if (!/^aws(-[a-z]{1,12}){0,3}$/.test(partition)) throw invalid('the partition is not one of AWS');
  if (!/^[0-9]{12}$/.test(accountId)) throw invalid('the AWS account is not twelve digits');
  if (regions.length === 0 || !regions.every((region) => /^[a-z]{2,6}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$/.test(region)))
    throw invalid('there is no region, or one that is not of AWS');
  if (!regions.every((region) => partitionOfRegion(region) === partition)) throw invalid('a region is not in the partition');
  if (!isId(environment)) throw invalid('the environment is not an id');
  return { partition, accountId, regions, environment };
}

/** Refuses what is no ARN of an IAM role with a plain name. Fails with `config_invalid`. */
export function checkedRoleArn(arn: string): string {
  if (!/^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role\/[A-Za-z0-9_+=,.@/-]{1,512}$/.test(arn)) throw invalid('a role is not named by its ARN');
  return arn;
}

const invalid = (why: string): RcmError => new RcmError('config_invalid', `The IAM policies cannot be made: ${why}.`);

/** The path of a tenant, out of the session's own tags. Every pattern made from it ends the segment with a slash: `mercy` must not open `mercy-west`. */
const TENANT_PATH = 'rcm/${aws:PrincipalTag/env}/${aws:PrincipalTag/tenant_id}';

/** `endpoints`: current secrets. `rotation`: staged ones, which no agent may see. `devices`: what portals know logins' devices by. */
export type Folder = 'endpoints' | 'rotation' | 'devices';

/** Whatever lies in the environment, of every tenant, in every region and account that the policy reaches. */
export const everyParameter = ({ partition, environment }: CheckedPlace): string => `arn:${partition}:ssm:*:*:parameter/rcm/${environment}/*`;
export const everySecret = ({ partition, environment }: CheckedPlace): string => `arn:${partition}:secretsmanager:*:*:secret:rcm/${environment}/*`;
/**
 * The tenant's staged copies, likewise. A session without tags has a folder that nobody has: what is said of "all but these" must not be
 * said of nothing, as it would be with a variable that has no value.
 */
export const ownStagedCopies = ({ partition }: CheckedPlace): string =>
  `arn:${partition}:ssm:*:*:parameter/rcm/\${aws:PrincipalTag/env, '-'}/\${aws:PrincipalTag/tenant_id, '-'}/rotation/*`;

export const ownParameters = ({ partition, accountId, regions }: CheckedPlace, folder: Folder): string[] =>
  regions.map((region) => `arn:${partition}:ssm:${region}:${accountId}:parameter/${TENANT_PATH}/${folder}/*`);

export const ownSecrets = ({ partition, accountId, regions }: CheckedPlace, folder: Exclude<Folder, 'rotation'> = 'endpoints'): string[] =>
  regions.map((region) => `arn:${partition}:secretsmanager:${region}:${accountId}:secret:${TENANT_PATH}/${folder}/*`);

/** Whatever lies in the environment, of every tenant, in this account and its regions alone. */
export const allParameters = ({ partition, accountId, regions, environment }: CheckedPlace): string[] =>
  regions.map((region) => `arn:${partition}:ssm:${region}:${accountId}:parameter/rcm/${environment}/*`);
export const allSecrets = ({ partition, accountId, regions, environment }: CheckedPlace): string[] =>
  regions.map((region) => `arn:${partition}:secretsmanager:${region}:${accountId}:secret:rcm/${environment}/*`);

export const accountRoot = ({ partition, accountId }: CheckedPlace): string => `arn:${partition}:iam::${accountId}:root`;
