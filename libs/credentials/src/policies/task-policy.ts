import { checkedPlace, checkedRoleArn, type PolicyPlace } from './place.ts';
import { type PolicyDocument, policyDocument } from './policy-document.ts';

/** What an app's own process may do for many tenants: become one of them. It can read no secret and use no key. */
export function taskPolicy(...tenantRoleArns: readonly string[]): PolicyDocument {
  return policyDocument({
    Sid: 'BecomeOneTenant',
    Effect: 'Allow',
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Resource: tenantRoleArns.map(checkedRoleArn),
  });
}

/** Only ECS starts tasks under the role, and only for tasks of this account ("confused deputy", ECS Developer Guide, task IAM role). */
export function taskTrustPolicy(place: PolicyPlace): PolicyDocument {
  const { partition, accountId, regions } = checkedPlace(place);
  return policyDocument({
    Sid: 'ContainersOfThisAccount',
    Effect: 'Allow',
    Principal: { Service: ['ecs-tasks.amazonaws.com'] },
    Action: ['sts:AssumeRole'],
    Condition: {
      StringEquals: { 'aws:SourceAccount': [accountId] },
      ArnLike: { 'aws:SourceArn': regions.map((region) => `arn:${partition}:ecs:${region}:${accountId}:*`) },
    },
  });
}
