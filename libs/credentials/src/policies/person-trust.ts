import { accountRoot, checkedPlace, type PolicyPlace } from './place.ts';
import { type PolicyDocument, policyDocument } from './policy-document.ts';

/** A person of the account who was allowed to, and who has just shown a second factor. No process of the platform becomes such a role. */
export function personTrustPolicy(place: PolicyPlace): PolicyDocument {
  return policyDocument({
    Sid: 'PersonWithSecondFactor',
    Effect: 'Allow',
    Principal: { AWS: [accountRoot(checkedPlace(place))] },
    Action: ['sts:AssumeRole'],
    Condition: { Bool: { 'aws:MultiFactorAuthPresent': ['true'] } },
  });
}
