import type { PolicyEngine } from '@rcm/local-aws';
import type { Operation } from './operations.fixture.ts';
import type { Principal } from './principals.fixture.ts';
import type { PolicyInTemplate } from './template-policies.fixture.ts';

/** `all`: as AWS decides. `IAM open`: whatever the caller's own policies say, so that what a role trusts or a key allows is seen alone. */
export type Layer = 'all' | 'IAM open';

const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }] };

/** Decides calls by the policies that are in the templates. */
export class Evaluation {
  readonly #engine: PolicyEngine;
  readonly #identity = new Map<string, PolicyInTemplate[]>();
  readonly #resource = new Map<string, PolicyInTemplate>();

  constructor(engine: PolicyEngine, policies: readonly PolicyInTemplate[]) {
    this.#engine = engine;
    for (const policy of policies)
      for (const of of policy.of) {
        if (policy.kind === 'identity') this.#identity.set(of, [...(this.#identity.get(of) ?? []), policy]);
        else if (policy.kind !== 'endpoint') this.#resource.set(of, policy);
      }
  }

  /** Policies that a call is decided by. */
  concerned({ role, account }: Principal, { resource }: Operation): readonly PolicyInTemplate[] {
    const own = role === null ? [] : (this.#identity.get(`arn:aws:iam::${account}:role/${role}`) ?? []);
    const other = this.#resourcePolicy(resource);
    return [...own, ...(other ? [other] : [])];
  }

  allows(principal: Principal, operation: Operation, layer: Layer): boolean {
    const { arn, role, account } = principal;
    const { action, resource, context } = operation;
    const isService = arn.endsWith('.amazonaws.com');
    const isOpen = layer === 'IAM open' || (role === null && !isService);
    const identity = isOpen
      ? [this.#engine.load('open', 'identity', EVERYTHING)]
      : this.concerned(principal, operation)
          .filter(({ kind }) => kind === 'identity')
          .map(({ at, document }) => this.#engine.load(at, 'identity', document));
    const policy = this.#resourcePolicy(resource);
    const decision = this.#engine.decide({
      ...{ principal: arn, action, resource, accountId: accountOf(resource, account), identityPolicies: isService ? [] : identity, controlPolicies: [] },
      resourcePolicy: policy ? this.#engine.load(policy.at, policy.kind === 'trust' ? 'trust' : 'resource', policy.document) : null,
      context: {
        ...(isService
          ? {}
          : {
              'aws:PrincipalArn': role === null ? arn : `arn:aws:iam::${account}:role/${role}`,
              'aws:PrincipalAccount': account,
              'kms:CallerAccount': account,
            }),
        ...Object.fromEntries(Object.entries(principal.tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
        ...Object.fromEntries(Object.entries(context).map(([key, value]) => [key, typeof value === 'string' ? value : [...value]])),
      },
    });
    return decision === 'Allowed';
  }

  #resourcePolicy(resource: string): PolicyInTemplate | undefined {
    const bucket = /^arn:aws:s3:::[^/]+/.exec(resource)?.[0];
    return this.#resource.get(bucket ?? resource);
  }
}

/** Images lie in an account whose registry lets these accounts pull (docs/deploy.md): only their own side is judged. Buckets and `*` are the caller's account's. */
function accountOf(resource: string, caller: string): string {
  const [, , service, , account] = resource.split(':');
  return account && service !== 'ecr' ? account : caller.replace(/^aws$/, '222222222222');
}
