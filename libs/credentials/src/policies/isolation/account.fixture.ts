import {
  type AuthorizationRequest,
  type Authorize,
  createEnforcement,
  type Enforcement,
  type LocalAws,
  loadPolicyEngine,
  type PolicyEngine,
  startLocalAws,
} from '@rcm/local-aws';
import { isLongForm } from '@rcm/test-services';
import { type PlatformPolicies, platformPolicies } from '../index.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';
export const ENVIRONMENT = 'prod';
/** A firm and its hospitals, with names that begin alike, and one that is like neither; the long form has a second firm. */
export const TENANTS: readonly string[] = ['mercy', 'mercy-west', 'north', ...(isLongForm() ? ['cedar', 'cedar-east'] : [])];
export const DEDICATED = { app: 'agent', orgId: 'north' } as const;

/** What the AWS stack would deploy. */
export const deployed = (): PlatformPolicies => platformPolicies({ accountId: ACCOUNT, regions: [REGION], environment: ENVIRONMENT, dedicated: [DEDICATED] });

/**
 * What a role may do, who may become it, who may use the key, and what nobody may delete are decided in four places. Each must hold
 * where the others were opened by mistake.
 */
export type Layers = 'all' | 'identity policies alone' | 'trust policies alone' | 'key policy alone' | 'guardrail alone' | 'none';

/** Somebody else's role in the same account, which trusts everybody in it. */
export const OPEN_ROLE = 'some-other-role';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const EVERYTHING = { Version: '2012-10-17', Statement: [{ Sid: 'Everything', Effect: 'Allow', Action: ['*'], Resource: ['*'] }] };
const OPEN_KEY = { Version: '2012-10-17', Statement: [{ Sid: 'Everybody', Effect: 'Allow', Principal: { AWS: ['*'] }, Action: ['kms:*'], Resource: ['*'] }] };
const OPEN_TRUST = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: [ROOT] }, Action: ['sts:*'] }] };

/** The documents as local-aws enforces them, with the other role beside them. */
export function enforcementOf({ roles, keyPolicy, guardrail }: PlatformPolicies, layers: Layers = 'all'): Enforcement {
  const stands = (layer: Layers): boolean => layers === 'all' || layers === layer;
  return {
    roles: [
      ...roles.map((role) => ({
        ...role,
        policy: stands('identity policies alone') ? role.policy : EVERYTHING,
        trustPolicy: stands('trust policies alone') ? role.trustPolicy : OPEN_TRUST,
      })),
      { name: OPEN_ROLE, trustPolicy: OPEN_TRUST, policy: EVERYTHING },
    ],
    keyPolicy: stands('key policy alone') ? keyPolicy : OPEN_KEY,
    ...(stands('guardrail alone') ? { guardrail } : {}),
  };
}

export type Decider = (policies: PlatformPolicies, layers?: Layers) => Promise<Authorize>;

/** What became of a call, and every question it raised. */
export interface Judged {
  /** `allowed`, `denied`, or the name of another error, which is neither. */
  readonly outcome: string;
  readonly asked: readonly AuthorizationRequest[];
}

/** An account on which single calls can be judged by other policies than its own. One thing at a time. */
export interface JudgedAccount {
  readonly aws: LocalAws;
  readonly decider: Decider;
  judge(call: () => Promise<unknown>, by?: Authorize): Promise<Judged>;
  /** While this runs, everybody may do everything: for what there has to be before a call, and must not be after it. */
  unguarded<T>(run: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function openJudgedAccount(): Promise<JudgedAccount> {
  const decider = deciderWith(await loadPolicyEngine());
  const [own, nobody] = [await decider(deployed()), await decider(deployed(), 'none')];
  let decide = own;
  let asked: AuthorizationRequest[] = [];
  const aws = await startLocalAws({
    enforce: enforcementOf(deployed()),
    authorize(request) {
      asked.push(request);
      return decide(request);
    },
  });
  const decidedBy = async <T>(by: Authorize, run: () => Promise<T>): Promise<T> => {
    asked = [];
    decide = by;
    try {
      return await run();
    } finally {
      decide = own;
    }
  };
  return {
    aws,
    decider,
    judge: (call, by = own) => decidedBy(by, async () => ({ outcome: await outcomeOf(call()), asked })),
    unguarded: (run) => decidedBy(nobody, run),
    close: () => aws.close(),
  };
}

const deciderWith =
  (engine: PolicyEngine): Decider =>
  (policies, layers) =>
    createEnforcement(enforcementOf(policies, layers), { account: { partition: 'aws', accountId: ACCOUNT, region: REGION }, baseIsAdmin: true, engine });

const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'allowed',
    (error: unknown) => (error instanceof Error ? (/^AccessDenied(Exception)?$/.test(error.name) ? 'denied' : error.name) : String(error)),
  );
