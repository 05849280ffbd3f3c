import { answerAppRole, logIn } from '../auth/app-roles.ts';
import { answerCapabilities } from '../auth/capabilities.ts';
import { answerPolicy } from '../auth/policies.ts';
import { type Capability, capabilitiesAt } from '../auth/policy.ts';
import { answerToken, authenticate, type Caller, rulesOf } from '../auth/tokens.ts';
import { answerConfig } from '../kv/config.ts';
import { answerData } from '../kv/data.ts';
import { answerMetadata } from '../kv/metadata.ts';
import { keyAt, type Place } from '../kv/records.ts';
import { answerVersions, VERSION_ACTS } from '../kv/versions.ts';
import { answerTransit } from '../transit/route.ts';
import type { VaultState } from '../vault-state.ts';
import { type Answer, Refusal } from './answer.ts';
import type { VaultRequest } from './request.ts';

/** Who asks, whether they may, and what comes of it: one transaction. Fails with the refusal that Vault has for it. */
export function route(vault: VaultState, request: VaultRequest): Answer {
  if (request.verb === 'write' && request.path === 'auth/approle/login') return logIn(vault, request);
  const caller = authenticate(vault, request);
  authorize(vault, request, caller);
  const answer = answerOf(vault, request, caller);
  if (answer) return answer;
  throw new Refusal(405, '1 error occurred:\n\t* unsupported operation\n\n');
}

function answerOf(vault: VaultState, request: VaultRequest, caller: Caller): Answer | null {
  const { path } = request;
  if (path.startsWith('auth/token/') || path.startsWith('sys/leases/')) return answerToken(vault, request, caller);
  if (path.startsWith('auth/approle/')) return answerAppRole(vault, request);
  if (path === 'sys/capabilities-self') return answerCapabilities(vault, request, caller);
  if (path.startsWith('sys/policies/')) return answerPolicy(vault, request);
  const transit = answerTransit(vault, request);
  if (transit !== undefined) return transit;
  const place = placeOf(vault, request);
  // vault/router.go: an unsupported path is a 404 that says so, unlike a secret that is not there.
  if (!place) throw new Refusal(404, `no handler for route "${path}". route entry not found.`);
  const act = VERSION_ACTS.find((name) => name === place.api);
  if (act) return answerVersions(vault, request, act, place);
  if (place.api === 'config') return answerConfig(vault, request, place.mount);
  if (place.api === 'data') return answerData(vault, request, place);
  if (place.api === 'metadata') return answerMetadata(vault, request, place);
  throw new Refusal(404, 'Invalid path for a versioned K/V secrets engine.');
}

function authorize(vault: VaultState, request: VaultRequest, caller: Caller): void {
  if (caller.policies.includes('root')) return;
  const capabilities = capabilitiesAt(request.path, rulesOf(vault, caller));
  // http/logical.go and vault/request_handling.go wrap the sentence when it was the policies that said no.
  if (!capabilities.has(neededFor(vault, request))) throw new Refusal(403, '1 error occurred:\n\t* permission denied\n\n');
}

/** A write is `create` where data or metadata had no key yet (their ExistenceCheck), else `update`. */
function neededFor(vault: VaultState, request: VaultRequest): Capability {
  if (request.verb !== 'write') return request.verb;
  const place = placeOf(vault, request);
  const checksExistence = place?.api === 'data' || place?.api === 'metadata';
  return place && checksExistence && !keyAt(vault.database, place) ? 'create' : 'update';
}

function placeOf({ mounts }: VaultState, { path, namespace }: VaultRequest): (Place & { readonly api: string }) | null {
  const mount = mounts.find((name) => path.startsWith(`${name}/`));
  if (mount === undefined) return null;
  const [, api = '', rest = ''] = /^([^/]*)\/?(.*)$/s.exec(path.slice(mount.length + 1)) ?? [];
  return { namespace, mount, api, path: rest };
}
