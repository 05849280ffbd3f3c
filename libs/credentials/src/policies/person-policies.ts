import { allParameters, allSecrets, checkedPlace, type PolicyPlace } from './place.ts';
import { type PolicyDocument, policyDocument } from './policy-document.ts';

/** Roles that people of the account become, each with a second factor (`personTrustPolicy`). */
export type PersonRole = 'breakGlass' | 'auditor' | 'devAdmin';

/**
 * What a person may do in that role. `breakGlass` reads any current secret and any parameter of the environment, for the night on which nothing else helps: its
 * use is told at once. `auditor` sees what is there and who did what, and no value. `devAdmin` does everything with the secrets of an environment that holds nobody's.
 * Fails with `config_invalid`.
 */
export function personPolicy(role: PersonRole, place: PolicyPlace): PolicyDocument {
  switch (role) {
    case 'breakGlass':
      return breakGlass(place);
    case 'auditor':
      return auditor(place);
    case 'devAdmin':
      return devAdmin(place);
  }
}

function breakGlass(place: PolicyPlace): PolicyDocument {
  const checked = checkedPlace(place);
  return policyDocument(
    { Sid: 'ReadAnyParameter', Effect: 'Allow', Action: ['ssm:GetParameter'], Resource: allParameters(checked) },
    {
      Sid: 'ReadAnyCurrentSecret',
      Effect: 'Allow',
      Action: ['secretsmanager:GetSecretValue'],
      Resource: allSecrets(checked),
      Condition: { StringEquals: { 'secretsmanager:VersionStage': ['AWSCURRENT'] } },
    },
  );
}

/** Lists and descriptions have no resource to name. What the key may be asked is in its own policy, which leaves looking to IAM. */
function auditor(place: PolicyPlace): PolicyDocument {
  const checked = checkedPlace(place);
  return policyDocument(
    {
      Sid: 'SeeWhatIsThere',
      Effect: 'Allow',
      Action: [
        ...['ssm:DescribeParameters', 'secretsmanager:ListSecrets', 'kms:ListAliases', 'kms:ListKeys', 'kms:DescribeKey', 'kms:GetKeyPolicy'],
        ...['kms:GetKeyRotationStatus', 'kms:ListGrants', 'iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:GetRole', 'iam:GetRolePolicy'],
        ...['iam:ListAttachedRolePolicies', 'iam:ListRolePolicies', 'iam:ListRoles', 'iam:ListUsers', 'iam:ListMFADevices', 'iam:SimulatePrincipalPolicy'],
      ],
      Resource: ['*'],
    },
    { Sid: 'SeeTagsOfParameters', Effect: 'Allow', Action: ['ssm:ListTagsForResource'], Resource: allParameters(checked) },
    { Sid: 'SeeSecretsAttributes', Effect: 'Allow', Action: ['secretsmanager:DescribeSecret'], Resource: allSecrets(checked) },
    {
      Sid: 'SeeWhoDidWhat',
      Effect: 'Allow',
      Action: [
        ...['cloudtrail:DescribeTrails', 'cloudtrail:GetEventSelectors', 'cloudtrail:GetTrailStatus', 'cloudtrail:LookupEvents'],
        ...[
          'config:DescribeComplianceByConfigRule',
          'config:DescribeConfigRules',
          'config:GetComplianceDetailsByConfigRule',
          'config:GetResourceConfigHistory',
        ],
      ],
      Resource: ['*'],
    },
  );
}

function devAdmin(place: PolicyPlace): PolicyDocument {
  const checked = checkedPlace(place);
  return policyDocument(
    { Sid: 'EverythingWithParameters', Effect: 'Allow', Action: ['ssm:*'], Resource: allParameters(checked) },
    { Sid: 'EverythingWithSecrets', Effect: 'Allow', Action: ['secretsmanager:*'], Resource: allSecrets(checked) },
  );
}
