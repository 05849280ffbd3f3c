import { accountRoot, checkedPlace, everyParameter, everySecret, type PolicyPlace } from './place.ts';
import { type PolicyDocument, policyDocument } from './policy-document.ts';

/**
 * What the guardian may do with secrets: take one away, or its tags, and give a deleted one back. It reads none, and no key opens for it.
 * What it may do with the key is in the key's policy. Fails with `config_invalid`.
 */
export function guardianPolicy(place: PolicyPlace): PolicyDocument {
  const checked = checkedPlace(place);
  return policyDocument(
    {
      Sid: 'DeleteParameters',
      Effect: 'Allow',
      Action: ['ssm:DeleteParameter', 'ssm:DeleteParameters', 'ssm:RemoveTagsFromResource'],
      Resource: [everyParameter(checked)],
    },
    {
      Sid: 'DeleteSecrets',
      Effect: 'Allow',
      Action: ['secretsmanager:DeleteSecret', 'secretsmanager:RestoreSecret', 'secretsmanager:UntagResource'],
      Resource: [everySecret(checked)],
    },
  );
}

/** A person of the account who was allowed to, and who has just shown a second factor. No process of the platform becomes it. */
export function guardianTrustPolicy(place: PolicyPlace): PolicyDocument {
  return policyDocument({
    Sid: 'PersonWithSecondFactor',
    Effect: 'Allow',
    Principal: { AWS: [accountRoot(checkedPlace(place))] },
    Action: ['sts:AssumeRole'],
    Condition: { Bool: { 'aws:MultiFactorAuthPresent': ['true'] } },
  });
}
