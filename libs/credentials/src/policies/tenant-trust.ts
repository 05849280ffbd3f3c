import { accountRoot, checkedPlace, checkedRoleArn, type PolicyPlace } from './place.ts';
import { type PolicyDocument, policyDocument } from './policy-document.ts';

/** Tag values may hold letters, digits, spaces and these; an id has none of them. */
const NOT_IN_AN_ID = ['/', ':', '.', '_', '=', '+', '@', ' '];
const UPPER_CASE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const MAX_ID_LENGTH = 63;

/**
 * As far as IAM's patterns can say `^[a-z0-9][a-z0-9-]{0,62}$`: what must not fit a tenant's id. Letters outside ASCII cannot be
 * listed; no parameter or secret can have them in its name, so such a session finds nothing.
 */
const NO_IDS = [...NOT_IN_AN_ID, ...UPPER_CASE].map((character) => `*${character}*`).concat('-*', `${'?'.repeat(MAX_ID_LENGTH + 1)}*`);

/**
 * Who may become a tenant of this environment, and as what. Only the named task roles, only with both tags and no others, only
 * with this environment, only with what can be a tenant's id, and with nothing that would live on in a further role. The account
 * is named and the role is a condition, so the task role's own policy has to allow it as well: both sides must agree, and
 * neither depends on the other having been created first. `tasksAccountId` is where the tasks run, where that is another account. Source of the keys: "Pass session tags in AWS STS", IAM User Guide.
 */
export function tenantTrustPolicy(place: PolicyPlace, taskRoleArns: readonly string[], tasksAccountId = place.accountId): PolicyDocument {
  const checked = checkedPlace(place);
  return policyDocument({
    Sid: 'TasksBecomeOneTenant',
    Effect: 'Allow',
    Principal: { AWS: [accountRoot(checkedPlace({ ...place, accountId: tasksAccountId }))] },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Condition: {
      ArnEquals: { 'aws:PrincipalArn': taskRoleArns.map(checkedRoleArn) },
      StringEquals: { 'aws:RequestTag/env': [checked.environment] },
      // `?*` asks for a value; the patterns that follow would be content with a missing tag.
      StringLike: { 'aws:RequestTag/tenant_id': ['?*'] },
      StringNotLike: { 'aws:RequestTag/tenant_id': NO_IDS },
      // Condition keys ignore case, these values do not: `Tenant_ID` is refused.
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['env', 'tenant_id'] },
      Null: { 'sts:TransitiveTagKeys': ['true'] },
    },
  });
}
