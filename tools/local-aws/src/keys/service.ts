import type { Service } from '../operation.ts';
import { createAlias, listAliases } from './alias.ts';
import { decrypt, encrypt, generateDataKey } from './crypt.ts';
import { createKey, describeKey, listKeys } from './operations.ts';
import { getPublicKey, sign } from './sign.ts';
import { cancelKeyDeletion, disableKey, enableKey, scheduleKeyDeletion } from './state.ts';

/** Key Management Service, as far as SecureString, Secrets Manager and signed heads need it: symmetric keys and P-256 keys of this account. */
export const keyManagement: Service = {
  name: 'kms',
  protocol: 'json',
  wireName: 'TrentService',
  validationCode: 'ValidationException',
  internalErrorCode: 'KMSInternalException',
  operations: {
    CreateKey: createKey,
    DescribeKey: describeKey,
    ListKeys: listKeys,
    CreateAlias: createAlias,
    ListAliases: listAliases,
    DisableKey: disableKey,
    EnableKey: enableKey,
    ScheduleKeyDeletion: scheduleKeyDeletion,
    CancelKeyDeletion: cancelKeyDeletion,
    Encrypt: encrypt,
    Decrypt: decrypt,
    GenerateDataKey: generateDataKey,
    Sign: sign,
    GetPublicKey: getPublicKey,
  },
};
