import { z } from 'zod';
import { aliasArn } from '../account/arns.ts';
import { AwsError } from '../aws-error.ts';
import { operation } from '../operation.ts';
import { keyIdSchema, requireKey } from './operations.ts';

const aliasName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[a-zA-Z0-9:/_-]+$/);

export const createAlias = operation({
  input: z.strictObject({ AliasName: aliasName, TargetKeyId: keyIdSchema }),
  resources: ({ AliasName }, { account }) => [aliasArn(account, AliasName)],
  run({ AliasName, TargetKeyId }, call) {
    if (!AliasName.startsWith('alias/') || AliasName === 'alias/')
      throw new AwsError(
        'InvalidAliasNameException',
        'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
      );
    if (AliasName.startsWith('alias/aws/')) throw new AwsError('NotAuthorizedException', 'Aliases that begin with alias/aws/ are reserved for AWS.');
    const arn = aliasArn(call.account, AliasName);
    if (call.database.get('SELECT 1 FROM kms_alias WHERE name = ?', AliasName))
      throw new AwsError('AlreadyExistsException', `An alias with the name ${arn} already exists`);
    call.database.run('INSERT INTO kms_alias(name, key_id, created_at) VALUES (?, ?, ?)', AliasName, requireKey(call, TargetKeyId).id, call.now.getTime());
    return {};
  },
});

export const listAliases = operation({
  input: z.strictObject({ KeyId: keyIdSchema.optional() }),
  run({ KeyId }, call) {
    const only = KeyId === undefined ? null : requireKey(call, KeyId).id;
    const rows = call.database.all<{ name: string; key_id: string; created_at: number }>(
      'SELECT name, key_id, created_at FROM kms_alias WHERE ? IS NULL OR key_id = ? ORDER BY name',
      only,
      only,
    );
    const aliases = rows.map((row) => ({
      AliasName: row.name,
      AliasArn: aliasArn(call.account, row.name),
      TargetKeyId: row.key_id,
      CreationDate: new Date(row.created_at),
    }));
    return { Aliases: aliases, Truncated: false };
  },
});
