import { checkedPlace, checkedRoleArn, everyParameter, everySecret, ownStagedCopies, type PolicyPlace } from './place.ts';
import { type PolicyConditions, type PolicyDocument, policyDocument } from './policy-document.ts';

const DELETE_PARAMETER = ['ssm:DeleteParameter', 'ssm:DeleteParameters'];
/** What would make somebody else the guardian. */
const CHANGE_ROLE = [
  ...['iam:AttachRolePolicy', 'iam:DeleteRole', 'iam:DeleteRolePermissionsBoundary', 'iam:DeleteRolePolicy', 'iam:DetachRolePolicy'],
  ...['iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy', 'iam:TagRole', 'iam:UntagRole', 'iam:UpdateAssumeRolePolicy', 'iam:UpdateRole'],
];

export interface GuardrailRoles {
  /** The one role that is for deleting. */
  readonly guardian: string;
  /** Roles under which rotators reach secrets: they discard their tenant's staged copies, and nothing else. */
  readonly rotators: readonly string[];
}

/**
 * What nobody may do whatever else they were allowed, administrators included: delete a secret or its copy, take its tags away (a secret without
 * tags is no longer told from another's by them), or become the guardian by changing its role. It only denies: attach it as a service
 * control policy, which the account's own administrators cannot take off. The key is kept by its own policy, in the same way.
 * Fails with `config_invalid`.
 */
export function deletionGuardrail(place: PolicyPlace, { guardian, rotators }: GuardrailRoles): PolicyDocument {
  const checked = checkedPlace(place);
  const discarding = rotators.map(checkedRoleArn);
  return policyDocument(
    {
      Sid: 'KeepParameters',
      Effect: 'Deny',
      Action: DELETE_PARAMETER,
      Resource: [everyParameter(checked)],
      Condition: isNot(guardian, ...discarding),
    },
    {
      Sid: 'DiscardOwnCopies',
      Effect: 'Deny',
      Action: DELETE_PARAMETER,
      NotResource: [ownStagedCopies(checked)],
      Condition: { ArnEquals: { 'aws:PrincipalArn': discarding } },
    },
    {
      Sid: 'KeepSecretsAndTags',
      Effect: 'Deny',
      Action: ['secretsmanager:DeleteSecret', 'secretsmanager:RemoveRegionsFromReplication', 'secretsmanager:UntagResource', 'ssm:RemoveTagsFromResource'],
      Resource: [everyParameter(checked), everySecret(checked)],
      Condition: isNot(guardian),
    },
    // The guardian neither: whoever has to change it takes the guardrail off.
    { Sid: 'KeepGuardian', Effect: 'Deny', Action: CHANGE_ROLE, Resource: [checkedRoleArn(guardian)] },
  );
}

const isNot = (...roles: readonly string[]): PolicyConditions => ({ ArnNotEquals: { 'aws:PrincipalArn': roles.map(checkedRoleArn) } });
