import { StartError } from '../start-error.ts';
import { aboutAction } from './about-action.ts';
import type { Document } from './documents.ts';

type PolicyKind = 'identity' | 'trust' | 'resource' | 'control';
/** A document that was checked and is ready to be decided on. */
export interface LoadedPolicy {
  /** What it says about one action. */
  about(action: string): object;
}

interface Question {
  /** ARN of the user or session. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly accountId: string;
  readonly context: Record<string, string | string[]>;
  readonly identityPolicies: readonly LoadedPolicy[];
  /** A role's trust or a key's policy; `null` where the resource has none. */
  readonly resourcePolicy: LoadedPolicy | null;
  /** Service control policies of the account, one beside the other; none: nothing is denied by them. */
  readonly controlPolicies: readonly LoadedPolicy[];
}

export type Decision = 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';

export interface PolicyEngine {
  /** A document is checked once, however often it is loaded. Fails with StartError `options_invalid`, which says where the document is wrong. */
  load(name: string, kind: PolicyKind, document: Document): LoadedPolicy;
  decide(question: Question): Decision;
}

/**
 * IAM's logic, from `@cloud-copilot/iam-simulate`. That package is under the AGPL, so nothing here needs it until enforcement is
 * asked for. Of its two ways in this takes the one that checks no request: the other one drops `kms:EncryptionContext:*` and
 * fails on `secretsmanager:ResourceTag/x`; the requests are ours and well-formed, and the documents are checked when loaded.
 * Not in it: session policies, permissions boundaries and an organization's tree, which local-aws does not play.
 * Fails with StartError `options_invalid` where the package is not installed.
 */
export async function loadPolicyEngine(): Promise<PolicyEngine> {
  const [{ runUnsafeSimulation }, policies] = await Promise.all([import('@cloud-copilot/iam-simulate'), import('@cloud-copilot/iam-policy')]).catch(
    (cause: unknown) => {
      throw new StartError(
        'options_invalid',
        'Policies are evaluated by @cloud-copilot/iam-simulate, which is not installed. Install it (npm install --save-dev @cloud-copilot/iam-simulate @cloud-copilot/iam-policy), or start without policies.',
        cause,
      );
    },
  );
  const loaded = new WeakMap<Document, LoadedPolicy>();
  const checks = {
    identity: policies.validateIdentityPolicy,
    trust: policies.validateTrustPolicy,
    resource: policies.validateResourcePolicy,
    control: policies.validateServiceControlPolicy,
  };
  return {
    load(name, kind, document) {
      const known = loaded.get(document);
      if (known) return known;
      const policy = policies.createValidatedPolicy(document, checks[kind], { name });
      const [problem] = policy.errors;
      if (problem) throw new StartError('options_invalid', `The ${kind} policy of ${name} is not valid at ${problem.path}: ${problem.message}`);
      const byAction = new Map<string, object>();
      const about = (action: string): object => {
        const known = byAction.get(action) ?? policies.createValidatedPolicy(aboutAction(document, action), checks[kind], { name });
        byAction.set(action, known);
        return known;
      };
      loaded.set(document, { about });
      return { about };
    },
    decide: ({ principal, action, resource, accountId, context, identityPolicies, resourcePolicy, controlPolicies }) =>
      runUnsafeSimulation(
        {
          request: { principal, action, resource: { resource: literal(resource), accountId }, contextVariables: context },
          identityPolicies: identityPolicies.map((policy, index) => ({ name: String(index), policy: policy.about(action) })),
          serviceControlPolicies:
            controlPolicies.length === 0
              ? []
              : [{ orgIdentifier: 'account', policies: controlPolicies.map((policy, index) => ({ name: String(index), policy: policy.about(action) })) }],
          resourceControlPolicies: [],
          ...(resourcePolicy ? { resourcePolicy: resourcePolicy.about(action) } : {}),
        },
        {},
      ),
  };
}

/** The engine reads a wildcard in what is asked for as "any of"; a caller's `*` is only a character, and one that no name has. */
const literal = (resource: string): string => (resource === '*' ? resource : resource.replace(/[*?]/g, '%'));
