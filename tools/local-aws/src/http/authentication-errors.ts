import { AwsError } from '../aws-error.ts';
import type { AuthenticationFailure } from '../identity/authenticate.ts';
import type { Refusal } from '../identity/authorize.ts';

interface Names {
  readonly json: string;
  readonly query: string;
  readonly message: string;
}

const UNMATCHED = 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.';

/** Common Errors of the JSON services (status 400) and of the query services (status 403). */
const names: Readonly<Record<AuthenticationFailure, Names>> = {
  missing: { json: 'MissingAuthenticationTokenException', query: 'MissingAuthenticationToken', message: 'Missing Authentication Token' },
  incomplete: {
    json: 'IncompleteSignatureException',
    query: 'IncompleteSignature',
    message: 'The Authorization header is not a complete Signature Version 4 header.',
  },
  unknown_key: { json: 'UnrecognizedClientException', query: 'InvalidClientTokenId', message: 'The security token included in the request is invalid.' },
  bad_signature: { json: 'InvalidSignatureException', query: 'SignatureDoesNotMatch', message: UNMATCHED },
  not_current: {
    json: 'InvalidSignatureException',
    query: 'SignatureDoesNotMatch',
    message: 'Signature not current: the time of the request is more than 5 minutes off.',
  },
  expired_session: { json: 'ExpiredTokenException', query: 'ExpiredToken', message: 'The security token included in the request is expired' },
  wrong_scope: { json: 'InvalidSignatureException', query: 'SignatureDoesNotMatch', message: 'Credential should be scoped to a valid region.' },
};

export function authenticationError(failure: AuthenticationFailure, protocol: 'json' | 'query'): AwsError {
  const { [protocol]: code, message } = names[failure];
  return new AwsError(code, message, protocol === 'json' ? 400 : 403);
}

export function accessDenied(options: {
  readonly arn: string;
  readonly action: string;
  readonly refused: Refusal;
  readonly protocol: 'json' | 'query';
}): AwsError {
  const { arn, action, refused, protocol } = options;
  const because = refused.because === null ? '' : ` because ${refused.because}`;
  const message = `User: ${arn} is not authorized to perform: ${action} on resource: ${refused.resource}${because}`;
  return protocol === 'json' ? new AwsError('AccessDeniedException', message, 400) : new AwsError('AccessDenied', message, 403);
}
