import { RcmError } from '@rcm/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TenantRate } from './rate.ts';
import { checkScope, type Scope } from './scope.ts';
import { refused } from './token-refusal.ts';
import type { Caller, TokenCheck } from './token.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A token needs one of them. */
    readonly scopes?: readonly Scope[];
  }
}

/** Who makes each request: token, allowance and scope are checked before its body is read. */
export class Callers {
  readonly #check: TokenCheck;
  readonly #rate: TenantRate;
  readonly #known = new WeakMap<FastifyRequest, Caller>();

  constructor({ check, rate }: { readonly check: TokenCheck; readonly rate: TenantRate }) {
    this.#check = check;
    this.#rate = rate;
  }

  /** A hook for `onRequest`. Fails with `token_invalid`, `token_expired`, `identity_unavailable`, `rate_exceeded`, `scope_missing`. */
  readonly letIn = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const caller = await this.#check(request.headers.authorization);
    this.#known.set(request, caller);
    const { waitSeconds, left, wholeInSeconds, perMinute } = this.#rate.take(caller.orgId);
    reply.header('ratelimit-policy', `"organization";q=${perMinute};w=60`).header('ratelimit', `"organization";r=${left};t=${wholeInSeconds}`);
    if (waitSeconds === 0) return void checkScope(caller.scopes, request.routeOptions.config.scopes ?? []);
    reply.header('retry-after', waitSeconds);
    throw new RcmError('rate_exceeded', `Too many requests of this organization; ask again in ${waitSeconds} s.`);
  };

  of(request: FastifyRequest): Caller {
    const caller = this.#known.get(request);
    if (!caller) throw refused('missing');
    return caller;
  }
}
