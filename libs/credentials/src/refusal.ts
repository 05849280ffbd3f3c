import { RcmError } from '@rcm/telemetry';

/** What was wrong with a reference, as `details.reason` of `reference_invalid`. */
export const REFERENCE_REASONS = {
  too_long: 'it is longer than any reference',
  no_reference: 'it is neither an ARN nor a Vault reference',
  no_secret: 'it names neither an SSM parameter nor a secret with its six characters',
  no_arn_yet: 'the secret does not exist yet, so its ARN is not known',
  no_store: 'this deployment does not have the store that it lies in',
  other_store: 'it lies in another store than the one that was asked',
  other_mount: 'it names another mount of Vault than the one that was asked',
  path: 'its path is not rcm/{environment}/{organization}/endpoints/{endpoint}/{account}',
  environment: 'its environment is not an id',
  organization: 'its organization is not an id',
  endpoint: 'its endpoint is not an id',
  account: 'its account is not an id',
  attempt: 'the attempt id is not an id',
  mount: 'its mount is not an id',
  partition: 'its partition is not the one that its region is in',
  region: 'its region is not one of AWS',
  aws_account: 'its AWS account is not twelve digits',
  suffix: 'its last six characters are not those of a secret',
} as const;

/** What was wrong with a payload, as `details.reason` of `payload_invalid`. */
export const PAYLOAD_REASONS = {
  not_text: 'what lies there is not the text of a payload',
  not_json: 'it is not JSON',
  not_an_object: 'it is not an object with fields',
  field_missing: 'a field that every login has is missing',
  field_empty: 'a field that every login has is empty',
  field_type: 'a field is of another type than the schema says',
  field_value: 'a field has a value that the schema does not allow',
} as const;

export type ReferenceReason = keyof typeof REFERENCE_REASONS;
export type PayloadReason = keyof typeof PAYLOAD_REASONS;

/** `reference_invalid`. The reference itself is never repeated. */
export const invalidReference = (reason: ReferenceReason): RcmError =>
  new RcmError('reference_invalid', `The secret reference is not usable: ${REFERENCE_REASONS[reason]}.`, { details: { reason } });

/** `payload_invalid`. `what` names fields of the schema and never a value; `field`: the first of them that is wrong. */
export const invalidPayload = (reason: PayloadReason, what: string, field: string | null = null): RcmError =>
  new RcmError('payload_invalid', what, { details: { reason, ...(field === null ? {} : { field }) } });
