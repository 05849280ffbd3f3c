import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Account, secretArn } from '../account/arns.ts';
import { AwsError, validationError } from '../aws-error.ts';

export const secretIdSchema = z.string().min(1).max(2_048);
export const secretNameSchema = z.string().min(1).max(512);

/** CreateSecret reference: ASCII letters, digits and `/_+=.@-`. */
export function requireSecretName(name: string): void {
  if (!/^[A-Za-z0-9/_+=.@-]+$/.test(name))
    throw validationError('Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!');
}

/** CreateSecret, PutSecretValue and UpdateSecret references: 32 to 64 characters. */
export function requireVersionToken(token: string | undefined): string {
  if (token === undefined) throw new AwsError('InvalidRequestException', 'You must provide a ClientRequestToken value. We recommend a UUID-type value.');
  if (token.length < 32 || token.length > 64) throw new AwsError('InvalidParameterException', 'ClientRequestToken must be 32-64 characters long.');
  return token;
}

const SUFFIX_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A deleted secret's ARN never comes back with its name: six random characters follow it. */
export const newSecretArn = (account: Account, name: string): string =>
  secretArn(account, `${name}-${Array.from(randomBytes(6), (byte) => SUFFIX_ALPHABET[byte % SUFFIX_ALPHABET.length]).join('')}`);

/** The name an id stands for if it is a name or a partial ARN (no suffix); `null` for an ARN of elsewhere. */
export function nameOf(account: Account, id: string): string | null {
  if (!id.startsWith('arn:')) return id;
  const prefix = secretArn(account, '');
  return id.startsWith(prefix) ? id.slice(prefix.length) : null;
}
