/** Whose cloud this is. One process plays one account in one region. */
export interface Account {
  readonly partition: 'aws';
  readonly accountId: string;
  readonly region: string;
}

const regional = (account: Account, service: string, resource: string): string =>
  `arn:${account.partition}:${service}:${account.region}:${account.accountId}:${resource}`;

/** A name without a leading slash gets one: `parameter/name`, as the Service Authorization Reference writes it. */
export const parameterArn = (account: Account, name: string): string => regional(account, 'ssm', `parameter${name.startsWith('/') ? name : `/${name}`}`);

export const secretArn = (account: Account, nameWithSuffix: string): string => regional(account, 'secretsmanager', `secret:${nameWithSuffix}`);

export const keyArn = (account: Account, keyId: string): string => regional(account, 'kms', `key/${keyId}`);

export const aliasArn = (account: Account, alias: string): string => regional(account, 'kms', alias);

export const topicArn = (account: Account, name: string): string => regional(account, 'sns', name);

export const roleArn = (account: Account, name: string): string => `arn:${account.partition}:iam::${account.accountId}:role/${name}`;

export const userArn = (account: Account, name: string): string => `arn:${account.partition}:iam::${account.accountId}:user/${name}`;

export const sessionArn = (account: Account, role: string, session: string): string =>
  `arn:${account.partition}:sts::${account.accountId}:assumed-role/${role}/${session}`;
