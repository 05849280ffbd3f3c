import type { z } from 'zod';
import type { Account } from './account/arns.ts';
import type { Roles } from './account/roles.ts';
import type { Clock } from './clock.ts';
import type { ParameterLimits } from './parameters/tier.ts';
import type { AuthorizationRequest, Authorize, Conditions } from './identity/authorize.ts';
import type { Principal } from './identity/principal.ts';
import type { KeyRing } from './keys/key-ring.ts';
import type { Database } from './storage/database.ts';
import type { RootKey } from './storage/root-key.ts';

/** One thing that the caller must be allowed to do. */
export type Permission = Pick<AuthorizationRequest, 'action' | 'resources' | 'conditions'>;

/** What every operation works with. One call sees one instant. */
export interface Call {
  readonly account: Account;
  readonly database: Database;
  readonly keys: KeyRing;
  readonly root: RootKey;
  readonly principal: Principal;
  readonly now: Date;
  readonly roles: Roles;
  /** The regions of this account that secrets are replicated between. */
  readonly regions: OtherRegions;
  /** Parameters that this account may have of each tier. */
  readonly parameterLimits: ParameterLimits;
  /** Secrets that this account may have. */
  readonly secretLimit: number;
  /** For what turns out to be needed only while the operation runs. Throws the AwsError of a refusal. */
  permit(permission: Permission): void;
}

/** One region as the others see it. */
export interface Region extends Pick<Call, 'account' | 'database' | 'keys' | 'roles'> {
  readonly authorize: Authorize;
  readonly clock: Clock;
  /** Whether nothing gets through to it now. */
  isAway(): boolean;
}

export interface OtherRegions {
  /** `null` for one that is not there. */
  named(name: string): Region | null;
  /** Brings in sync what can be reached. */
  replicate(): void;
}

/** A call that was read and checked for shape, and not yet allowed. */
interface PreparedOperation {
  readonly resources: readonly string[];
  readonly conditions: Conditions;
  /** Other actions that the same call needs, e.g. tagging for one that creates with tags. */
  readonly also: readonly Permission[];
  /** Throws AwsError; the caller runs it in one transaction. */
  run(): object;
}

export interface Operation {
  readonly input: z.ZodType;
  prepare(input: unknown, call: Call): PreparedOperation;
}

export interface OperationDefinition<Input extends z.ZodType> {
  /** The members this operation understands, strict: a member it does not implement is refused, never ignored. */
  readonly input: Input;
  /** ARNs a policy decides on; without it the action has no resource (`*`). */
  resources?(input: z.output<Input>, call: Call): readonly string[];
  conditions?(input: z.output<Input>, call: Call): Conditions;
  also?(input: z.output<Input>, call: Call): readonly Permission[];
  run(input: z.output<Input>, call: Call): object;
}

/** One operation of a service, with its input type closed over. */
export function operation<Input extends z.ZodType>(definition: OperationDefinition<Input>): Operation {
  return {
    input: definition.input,
    prepare(raw, call) {
      // `raw` was parsed by `input` before it comes here (http/dispatch.ts).
      const input = raw as z.output<Input>;
      return {
        resources: definition.resources?.(input, call) ?? ['*'],
        conditions: definition.conditions?.(input, call) ?? {},
        also: definition.also?.(input, call) ?? [],
        run: () => definition.run(input, call),
      };
    },
  };
}

export interface Service {
  /** IAM's prefix, and the service name in a signature's scope. */
  readonly name: 'ssm' | 'secretsmanager' | 'kms' | 'sts' | 'sns';
  readonly protocol: 'json' | 'query';
  /** `X-Amz-Target` prefix of a JSON service, XML namespace of a query service. */
  readonly wireName: string;
  /** The error a broken member ends in. */
  readonly validationCode: string;
  /** The error a defect of the service itself ends in. */
  readonly internalErrorCode: string;
  readonly operations: Readonly<Record<string, Operation>>;
}
