import { readFileSync } from 'node:fs';
import { RcmError } from '@rcm/telemetry';

/** The default profile of an AWS shared credentials file, for our own calls: our environment stays the user's. Fails with `config_invalid`. */
export function readSharedCredentials(path: string): { readonly accessKeyId: string; readonly secretAccessKey: string } {
  const text = readFileSync(path, 'utf8');
  const value = (name: string) => new RegExp(`^${name}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(text)?.[1];
  const accessKeyId = value('aws_access_key_id');
  const secretAccessKey = value('aws_secret_access_key');
  if (!accessKeyId || !secretAccessKey) throw new RcmError('config_invalid', `${path} holds no AWS access key.`);
  return { accessKeyId, secretAccessKey };
}
