import {
  accountRoot,
  allParameters,
  allSecrets,
  checkedPlace,
  type CheckedPlace,
  checkedRoleArn,
  ownParameters,
  ownSecrets,
  type PolicyPlace,
} from './place.ts';
import { type PolicyDocument, policyDocument, type PolicyStatement } from './policy-document.ts';
import type { TenantApp } from './tenant-policy.ts';

/** The roles under which each app reaches secrets: its tenant role, and its tagged task roles of dedicated deployments. */
export type KeyUsers = Readonly<Record<TenantApp, readonly string[]>> & {
  /** The one role that may take the key away, or change who uses it. */
  readonly guardian: string;
  /** People's roles that use it through the stores; left out where there are none. */
  readonly breakGlass?: string;
  readonly devAdmin?: string;
};

/**
 * The policy of the customer key that encrypts every secret. Whoever uses it does so through the store that holds the secret,
 * for a secret in the path of their own tags: a tenant's ciphertext does not open under another tenant's session even if an
 * identity policy were widened by mistake. It does not hand its use to IAM ("root" may administer, not decrypt), so no identity
 * policy can grant that. Source: "How Parameter Store uses KMS" (context PARAMETER_ARN; Encrypt for the standard tier,
 * GenerateDataKey for the advanced one), "Secret encryption and decryption in Secrets Manager" (context SecretARN;
 * GenerateDataKey and Decrypt). A key that is gone takes every password with it: only the guardian disables it, schedules its deletion,
 * takes its tags or names away, or changes this policy, and whoever administers the account can undo the first two. Without
 * the guardian's role, AWS support alone could change the policy again: the guardrail keeps the role. Fails with `config_invalid`.
 */
export function credentialsKeyPolicy(place: PolicyPlace, users: KeyUsers): PolicyDocument {
  const checked = checkedPlace(place);
  const { agent, rotator, migrator, guardian, breakGlass, devAdmin } = users;
  return policyDocument(
    administer(checked),
    takeAway(guardian),
    throughParameterStore(checked, { sid: 'AgentReadsParameters', roles: agent, actions: ['kms:Decrypt'], within: ownParameters(checked, 'endpoints') }),
    throughSecretsManager(checked, 'AgentReadsSecrets', agent, ['kms:Decrypt']),
    throughParameterStore(checked, { sid: 'AgentKeepsDevices', roles: agent, actions: WRITE_PARAMETERS, within: ownParameters(checked, 'devices') }),
    through(checked, {
      sid: 'DevicesInSecrets',
      roles: [...agent, ...rotator, ...migrator],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      service: 'secretsmanager',
      context: 'SecretARN',
      within: ownSecrets(checked, 'devices'),
    }),
    throughParameterStore(checked, {
      sid: 'RotatorUsesParameters',
      roles: rotator,
      actions: WRITE_PARAMETERS,
      within: [...ownParameters(checked, 'endpoints'), ...ownParameters(checked, 'rotation'), ...ownParameters(checked, 'devices')],
    }),
    throughParameterStore(checked, {
      sid: 'MigratorUsesParameters',
      roles: migrator,
      actions: WRITE_PARAMETERS,
      within: [...ownParameters(checked, 'endpoints'), ...ownParameters(checked, 'devices')],
    }),
    throughSecretsManager(checked, 'WritersUseSecrets', [...rotator, ...migrator], writeSecrets(checked)),
    sealTaskData(agent),
    ...(breakGlass === undefined ? [] : forPerson(checked, 'BreakGlass', breakGlass, { parameters: ['kms:Decrypt'], secrets: ['kms:Decrypt'] })),
    ...(devAdmin === undefined ? [] : forPerson(checked, 'DevAdmin', devAdmin, { parameters: WRITE_PARAMETERS, secrets: writeSecrets(checked) })),
  );
}

/** Every tenant's secrets, and through the stores alone: what tasks hold of patients stays closed to people. */
const forPerson = (
  place: CheckedPlace,
  sid: string,
  role: string,
  actions: { readonly parameters: readonly string[]; readonly secrets: readonly string[] },
): PolicyStatement[] => [
  throughParameterStore(place, { sid: `${sid}UsesParameters`, roles: [role], actions: actions.parameters, within: allParameters(place) }),
  through(place, {
    sid: `${sid}UsesSecrets`,
    roles: [role],
    actions: actions.secrets,
    service: 'secretsmanager',
    context: 'SecretARN',
    within: allSecrets(place),
  }),
];

const WRITE_PARAMETERS = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'];

/** "To encrypt the replicated secret with a KMS key other than aws/secretsmanager, you need kms:GenerateDataKey and kms:Encrypt to the key", ReplicateSecretToRegions. */
const writeSecrets = ({ regions }: CheckedPlace): string[] => ['kms:Decrypt', 'kms:GenerateDataKey', ...(regions.length > 1 ? ['kms:Encrypt'] : [])];

/**
 * What tasks hold of patients is sealed under data keys that an agent makes and opens with its tenant's session: under an encryption
 * context that names that session's tenant and environment, and this use. KMS opens nothing under another context than it was wrapped with.
 */
const sealTaskData = (agent: readonly string[]): PolicyStatement => ({
  Sid: 'AgentSealsTaskData',
  Effect: 'Allow',
  Principal: { AWS: agent.map(checkedRoleArn) },
  Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
  Resource: ['*'],
  Condition: {
    StringEquals: {
      'kms:EncryptionContext:env': ['${aws:PrincipalTag/env}'],
      'kms:EncryptionContext:tenant_id': ['${aws:PrincipalTag/tenant_id}'],
      'kms:EncryptionContext:use': ['task-data'],
    },
  },
});

/** Everything but use, but CreateGrant, which would give use away, and but what takes the key away. */
const administer = (place: CheckedPlace): PolicyStatement => ({
  Sid: 'AccountAdministersKey',
  Effect: 'Allow',
  Principal: { AWS: [accountRoot(place)] },
  Action: [
    ...['kms:CancelKeyDeletion', 'kms:CreateAlias', 'kms:Describe*', 'kms:DisableKeyRotation', 'kms:EnableKey', 'kms:EnableKeyRotation', 'kms:Get*'],
    ...['kms:List*', 'kms:RevokeGrant', 'kms:RotateKeyOnDemand', 'kms:TagResource', 'kms:UpdateKeyDescription'],
  ],
  Resource: ['*'],
});

const takeAway = (guardian: string): PolicyStatement => ({
  Sid: 'GuardianTakesKeyAway',
  Effect: 'Allow',
  Principal: { AWS: [checkedRoleArn(guardian)] },
  Action: ['kms:DeleteAlias', 'kms:DisableKey', 'kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:UntagResource', 'kms:UpdateAlias'],
  Resource: ['*'],
});

const throughParameterStore = (place: CheckedPlace, use: Omit<Use, 'service' | 'context'>): PolicyStatement =>
  through(place, { ...use, service: 'ssm', context: 'PARAMETER_ARN' });

const throughSecretsManager = (place: CheckedPlace, sid: string, roles: readonly string[], actions: readonly string[]): PolicyStatement =>
  through(place, { sid, roles, actions, service: 'secretsmanager', context: 'SecretARN', within: ownSecrets(place) });

interface Use {
  readonly sid: string;
  readonly roles: readonly string[];
  readonly actions: readonly string[];
  readonly service: 'ssm' | 'secretsmanager';
  /** The key of the encryption context that names the secret. */
  readonly context: string;
  readonly within: readonly string[];
}

const through = ({ regions }: CheckedPlace, { sid, roles, actions, service, context, within }: Use): PolicyStatement => ({
  Sid: sid,
  Effect: 'Allow',
  Principal: { AWS: roles.map(checkedRoleArn) },
  Action: actions,
  Resource: ['*'],
  Condition: {
    StringEquals: { 'kms:ViaService': regions.map((region) => `${service}.${region}.amazonaws.com`) },
    StringLike: { [`kms:EncryptionContext:${context}`]: within },
  },
});
