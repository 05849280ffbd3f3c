import { checkedPlace, type CheckedPlace, ownParameters, ownSecrets, type PolicyPlace } from './place.ts';
import { type PolicyConditions, type PolicyDocument, policyDocument, type PolicyStatement } from './policy-document.ts';

/** The apps that touch secrets, each with a tenant role of its own. */
export type TenantApp = 'agent' | 'rotator' | 'migrator';

/**
 * What a tenant's session may do as one app. The path in its own tags is the boundary; the tags on the secret are a second look.
 * It grants no key: that is the key policy's to give (`credentialsKeyPolicy`). Attach it to the tenant role, or in a dedicated
 * deployment to the tagged task role itself. Fails with `config_invalid`.
 */
export function tenantPolicy(app: TenantApp, place: PolicyPlace): PolicyDocument {
  const checked = checkedPlace(place);
  switch (app) {
    case 'agent':
      return policyDocument(
        readParameters([...ownParameters(checked, 'endpoints'), ...ownParameters(checked, 'devices')]),
        readCurrentSecrets([...ownSecrets(checked), ...ownSecrets(checked, 'devices')]),
        // Of a login itself an agent writes nothing.
        createTagged([...ownParameters(checked, 'devices'), ...ownSecrets(checked, 'devices')]),
        { ...overwriteParameters(ownParameters(checked, 'devices')), Sid: 'OverwriteDevice' },
        { Sid: 'ReplaceDevice', Effect: 'Allow', Action: NEXT_VERSION, Resource: ownSecrets(checked, 'devices'), Condition: NOT_SOMEBODY_ELSES },
      );
    case 'rotator':
      return policyDocument(...rotatorStatements(checked));
    case 'migrator':
      return policyDocument(
        readParameters([...ownParameters(checked, 'endpoints'), ...ownParameters(checked, 'devices')]),
        readCurrentSecrets([...ownSecrets(checked), ...ownSecrets(checked, 'devices')]),
        createTagged([...ownParameters(checked, 'endpoints'), ...ownSecrets(checked)]),
        // `resolve --take row` alone: a person says that the row is right and the store is not. Whatever it replaces lies beside it first, create-only. And the device of a login that is moved,
        // which is dropped where it was.
        overwriteParameters([...ownParameters(checked, 'endpoints'), ...ownParameters(checked, 'devices')]),
        {
          Sid: 'ReplaceSecrets',
          Effect: 'Allow',
          Action: NEXT_VERSION,
          Resource: [...ownSecrets(checked), ...ownSecrets(checked, 'devices')],
          Condition: NOT_SOMEBODY_ELSES,
        },
        ...replicateSecrets(checked),
      );
  }
}

const overwriteParameters = (resources: readonly string[]): PolicyStatement => ({
  Sid: 'PromoteParameter',
  Effect: 'Allow',
  Action: ['ssm:PutParameter'],
  Resource: resources,
  Condition: { StringEquals: { 'ssm:Overwrite': ['true'] } },
});

const NEXT_VERSION = ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'];

function rotatorStatements(place: CheckedPlace): PolicyStatement[] {
  const current = ownParameters(place, 'endpoints');
  const staged = ownParameters(place, 'rotation');
  const devices = ownParameters(place, 'devices');
  const secrets = [...ownSecrets(place), ...ownSecrets(place, 'devices')];
  return [
    readParameters([...current, ...staged, ...devices]),
    // After a database was restored, staged copies are found by their path. IAM looks at the path that is asked for and at
    // nothing below it, so this one must never be an ancestor of `endpoints`.
    { Sid: 'FindStagedCopies', Effect: 'Allow', Action: ['ssm:GetParametersByPath'], Resource: staged },
    // A rehearsal looks whether a label or a pattern would stand in the way of the next version.
    { Sid: 'SeeKeptVersions', Effect: 'Allow', Action: ['ssm:GetParameterHistory'], Resource: current, Condition: NOT_SOMEBODY_ELSES },
    createTagged([...current, ...staged, ...ownSecrets(place)]),
    // A staged copy is written once: there is no Overwrite below `rotation`. A device is made by agents, and used, renewed and dropped by whoever logs in.
    overwriteParameters([...current, ...devices]),
    { Sid: 'DiscardStagedCopy', Effect: 'Allow', Action: ['ssm:DeleteParameter'], Resource: staged },
    {
      Sid: 'RotateSecrets',
      Effect: 'Allow',
      Action: ['secretsmanager:GetSecretValue', 'secretsmanager:ListSecretVersionIds', ...NEXT_VERSION],
      Resource: secrets,
      Condition: NOT_SOMEBODY_ELSES,
    },
    ...replicateSecrets(place),
  ];
}

/**
 * Where there is a second region, Secrets Manager is told in the first one to keep a copy of the tenant's own secret there, and in no other region; another secret
 * of that name is not overwritten. A region's own copies are nobody's to replicate further.
 */
function replicateSecrets(place: CheckedPlace): PolicyStatement[] {
  const [first, ...others] = place.regions;
  if (first === undefined || others.length === 0) return [];
  const Resource = ownSecrets({ ...place, regions: [first] });
  return [
    { Sid: 'SeeReplicas', Effect: 'Allow', Action: ['secretsmanager:DescribeSecret'], Resource, Condition: NOT_SOMEBODY_ELSES },
    {
      Sid: 'ReplicateSecrets',
      Effect: 'Allow',
      Action: ['secretsmanager:ReplicateSecretToRegions'],
      Resource,
      Condition: {
        ...NOT_SOMEBODY_ELSES,
        'ForAllValues:StringEquals': { 'secretsmanager:AddReplicaRegions': others },
        BoolIfExists: { 'secretsmanager:ForceOverwriteReplicaSecret': ['false'] },
      },
    },
  ];
}

/**
 * A secret in a tenant's path that carries another tenant's tags is refused. One without tags is not: a secret that does not
 * exist has none either, and must answer "not found" instead of "denied".
 */
const NOT_SOMEBODY_ELSES: PolicyConditions = {
  StringEqualsIfExists: { 'aws:ResourceTag/TenantId': ['${aws:PrincipalTag/tenant_id}'], 'aws:ResourceTag/Environment': ['${aws:PrincipalTag/env}'] },
};

const readParameters = (resources: readonly string[]): PolicyStatement => ({
  Sid: 'ReadParameters',
  Effect: 'Allow',
  Action: ['ssm:GetParameter', 'ssm:GetParameters'],
  Resource: resources,
  Condition: NOT_SOMEBODY_ELSES,
});

/** A read that names no stage is refused too, as the key is then missing: nobody gets AWSPENDING by a version id. */
const readCurrentSecrets = (resources: readonly string[]): PolicyStatement => ({
  Sid: 'ReadCurrentSecrets',
  Effect: 'Allow',
  Action: ['secretsmanager:GetSecretValue'],
  Resource: resources,
  Condition: { StringEquals: { 'secretsmanager:VersionStage': ['AWSCURRENT'] }, ...NOT_SOMEBODY_ELSES },
});

/** Nothing is created without its tenant's own tags, and nothing is tagged with another's. Creating with tags needs the tagging action as well. */
const createTagged = (resources: readonly string[]): PolicyStatement => ({
  Sid: 'CreateTagged',
  Effect: 'Allow',
  Action: ['ssm:PutParameter', 'ssm:AddTagsToResource', 'secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
  Resource: resources,
  Condition: {
    StringEquals: { 'aws:RequestTag/TenantId': ['${aws:PrincipalTag/tenant_id}'], 'aws:RequestTag/Environment': ['${aws:PrincipalTag/env}'] },
    'ForAllValues:StringEquals': { 'aws:TagKeys': ['TenantId', 'Environment', 'PortalType'] },
  },
});
