import { RcmError } from '@rcm/telemetry';
import type { PolicyDocument } from './policy-document.ts';

/**
 * Characters without white space of a managed policy ("IAM and AWS STS quotas"), and of a key's policy ("Resource quotas", KMS); of a service control
 * policy as it is sent ("Quotas for AWS Organizations"). AWS gives nobody more of any.
 */
const MANAGED_POLICY = 6144;
const KEY_POLICY = 32_768;
const CONTROL_POLICY = 5120;

interface Policies {
  readonly roles: readonly { readonly name: string; readonly policy: PolicyDocument }[];
  readonly keyPolicy: PolicyDocument;
  readonly guardrail: PolicyDocument;
}

/**
 * The same policies. They grow with regions, further accounts and dedicated deployments. Fails with `config_invalid` where AWS would refuse one: it would do so when half of
 * a stack is made.
 */
export function withinQuotas<P extends Policies>(policies: P): P {
  for (const { name, policy } of policies.roles) check(`the policy of ${name}`, policy, MANAGED_POLICY);
  check('the policy of the key', policies.keyPolicy, KEY_POLICY);
  check('the guardrail', policies.guardrail, CONTROL_POLICY);
  return policies;
}

function check(what: string, document: PolicyDocument, most: number): void {
  const size = JSON.stringify(document).length;
  if (size <= most) return;
  const few = 'Name fewer regions, accounts or dedicated deployments.';
  throw new RcmError('config_invalid', `The IAM policies cannot be made: ${what} would have ${size} characters, and AWS takes ${most}. ${few}`);
}
