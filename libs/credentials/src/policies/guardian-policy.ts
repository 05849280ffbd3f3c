import { checkedPlace, everyParameter, everySecret, type PolicyPlace } from './place.ts';
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
      // Secrets Manager deletes no secret that still has a replica.
      Action: ['secretsmanager:DeleteSecret', 'secretsmanager:RemoveRegionsFromReplication', 'secretsmanager:RestoreSecret', 'secretsmanager:UntagResource'],
      Resource: [everySecret(checked)],
    },
  );
}
