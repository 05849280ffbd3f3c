import { RcmError } from '@rcm/telemetry';
import { checkedPlace, type PolicyPlace } from './place.ts';
import { type PolicyDocument, policyDocument, type PolicyStatement } from './policy-document.ts';

/** Where signed heads of audit chains go, and what signs them (docs/audit.md). */
export interface HeadPlace {
  /** Made with Object Lock; best another account's, under another administrator. */
  readonly bucket: string;
  /** Before every key, ending with a slash. Default `audit-heads/`. */
  readonly prefix?: string;
  /** ARN of the KMS key that signs; left out where a key file does. */
  readonly signingKeyArn?: string;
}

/**
 * What the writer of audit heads may do: add objects below its prefix, each with its retention, and sign with the one key. It reads, lists and deletes nothing,
 * passes no retention by, and reaches no secret. Fails with `config_invalid`.
 */
export function headWriterPolicy(place: PolicyPlace, { bucket, prefix = 'audit-heads/', signingKeyArn }: HeadPlace): PolicyDocument {
  const { partition, accountId } = checkedPlace(place);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || !/^([A-Za-z0-9_.=-]+\/)+$/.test(prefix))
    throw invalid('bucket or prefix of the audit heads is none');
  const key = new RegExp(`^arn:${partition}:kms:[a-z0-9-]+:${accountId}:key/[A-Za-z0-9-]+$`);
  if (signingKeyArn !== undefined && !key.test(signingKeyArn)) throw invalid('the key that signs audit heads is not named by an ARN of this account');
  const sign: PolicyStatement[] =
    signingKeyArn === undefined ? [] : [{ Sid: 'SignHeads', Effect: 'Allow', Action: ['kms:Sign', 'kms:GetPublicKey'], Resource: [signingKeyArn] }];
  return policyDocument(
    { Sid: 'AddHeads', Effect: 'Allow', Action: ['s3:PutObject', 's3:PutObjectRetention'], Resource: [`arn:${partition}:s3:::${bucket}/${prefix}*`] },
    ...sign,
  );
}

const invalid = (why: string): RcmError => new RcmError('config_invalid', `The IAM policies cannot be made: ${why}.`);
