import { z } from 'zod';
import { operation, type Service } from '../operation.ts';
import { assumeRole } from './assume-role.ts';

/** GetCallerIdentity needs no permission. */
const getCallerIdentity = operation({
  input: z.strictObject({}),
  run: (_, { account, principal }) => ({ Arn: principal.arn, UserId: principal.userId, Account: account.accountId }),
});

/** Security Token Service: sessions of the account's roles. */
export const securityTokens: Service = {
  name: 'sts',
  protocol: 'query',
  wireName: 'https://sts.amazonaws.com/doc/2011-06-15/',
  validationCode: 'ValidationError',
  internalErrorCode: 'InternalFailure',
  operations: { AssumeRole: assumeRole, GetCallerIdentity: getCallerIdentity },
};
