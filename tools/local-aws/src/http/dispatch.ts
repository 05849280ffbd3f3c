import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { Clock } from '../clock.ts';
import type { Authenticator } from '../identity/authenticate.ts';
import type { Authorize } from '../identity/authorize.ts';
import type { SignedRequest } from '../identity/signature.ts';
import type { Call, Permission, Service } from '../operation.ts';
import type { Quotas } from '../quotas.ts';
import { accountFacts } from '../account/facts.ts';
import { type Answer, failure, success, type Wire } from './answer.ts';
import { accessDenied, authenticationError } from './authentication-errors.ts';
import { readInput } from './input.ts';
import { readCall, type Requested } from './requested.ts';

export type Dispatcher = ReturnType<typeof createDispatcher>;

export interface DispatchOptions {
  readonly authenticator: Authenticator;
  readonly authorize: Authorize;
  readonly quotas: Quotas;
  readonly clock: Clock;
  readonly backend: Omit<Call, 'principal' | 'now' | 'permit'>;
  /** Told about defects and a data file that cannot be written; the answer says only "internal". */
  onInternalError(error: unknown): void;
}

/** AWS answers an unknown address in JSON as well. */
const NO_SERVICE: Wire = { protocol: 'json', wireName: '' };

export function createDispatcher(options: DispatchOptions) {
  return {
    /** Never throws: what goes wrong becomes an answer in the caller's protocol. What it did is committed when it returns. */
    dispatch(request: SignedRequest, requested: Requested): Answer {
      const requestId = randomUUID();
      const { service } = requested;
      if (!service) return failure(NO_SERVICE, new AwsError('UnknownOperationException', 'local-aws does not play this service.', 404), requestId);
      try {
        const { operation, output } = perform(options, service, request, requested);
        return success(service, operation, output, requestId);
      } catch (error) {
        if (error instanceof AwsError) return failure(service, error, requestId);
        options.onInternalError(error);
        return internalError(service, requestId);
      }
    },
    /** What a defect of the service looks like to its caller. */
    internalError: ({ service }: Requested): Answer => internalError(service, randomUUID()),
    /** What a caller sees who asks too often. */
    throttled: ({ service }: Requested): Answer => failure(service ?? NO_SERVICE, throttlingError(), randomUUID()),
  };
}

const throttlingError = (): AwsError => new AwsError('ThrottlingException', 'Rate exceeded');

const internalError = (service: Service | null, requestId: string): Answer =>
  failure(service ?? NO_SERVICE, new AwsError(service?.internalErrorCode ?? 'InternalFailure', 'An internal error occurred.', 500), requestId);

/** Who, what, whether, then the act in one transaction: the order in which AWS refuses, too. */
function perform(options: DispatchOptions, service: Service, request: SignedRequest, requested: Requested): { operation: string; output: object } {
  const { authenticator, authorize, quotas, clock, backend } = options;
  const identity = authenticator.authenticate(request);
  if ('failure' in identity) throw authenticationError(identity.failure, service.protocol);
  if (identity.scope.service !== service.name) throw authenticationError('wrong_scope', service.protocol);
  const called = readCall(requested, request.body);
  const definition = Object.hasOwn(service.operations, called.operation) ? service.operations[called.operation] : undefined;
  if (!definition)
    throw new AwsError(
      service.protocol === 'json' ? 'UnknownOperationException' : 'InvalidAction',
      `local-aws does not implement ${called.operation} of ${service.name}.`,
    );
  const action = `${service.name}:${called.operation}`;
  if (!quotas.take(action)) throw throttlingError();
  const input = readInput(service, definition, called.input);
  const { principal } = identity;
  const facts = accountFacts(backend);
  // Also before: what could not be reached when it was changed may be reachable now.
  replicate(options);
  const output = backend.database.transaction(() => {
    const now = clock.now();
    const permit = (permission: Permission): void => {
      const refused = authorize({ principal, now, account: facts, ...permission });
      if (refused) throw accessDenied({ arn: principal.arn, action: permission.action, refused, protocol: service.protocol });
    };
    const prepared = definition.prepare(input, { ...backend, principal, now, permit });
    for (const permission of [{ action, resources: prepared.resources, conditions: prepared.conditions }, ...prepared.also]) permit(permission);
    return prepared.run();
  });
  replicate(options);
  return { operation: called.operation, output };
}

/** Storage of another region that fails is no failure of this call, which may be done already: the replica stays behind until one of the next. */
function replicate({ backend, onInternalError }: DispatchOptions): void {
  try {
    backend.regions.replicate();
  } catch (error) {
    onInternalError(error);
  }
}
