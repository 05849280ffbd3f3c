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
import type { World } from '../world.ts';
import { type Answer, Refusal } from './answer.ts';
import type { VaultRequest } from './request.ts';

/** Who asks, whether they may, and what comes of it: one transaction. Fails with the refusal that Vault has for it. */
export function route(world: World, request: VaultRequest): Answer {
  if (request.verb === 'write' && request.path === 'auth/approle/login') return logIn(world, request);
  const caller = authenticate(world, request);
  authorize(world, request, caller);
  const answer = answerOf(world, request, caller);
  if (answer) return answer;
  throw new Refusal(405, '1 error occurred:\n\t* unsupported operation\n\n');
}

function answerOf(world: World, request: VaultRequest, caller: Caller): Answer | null {
  const { path } = request;
  if (path.startsWith('auth/token/') || path.startsWith('sys/leases/')) return answerToken(world, request, caller);
  if (path.startsWith('auth/approle/')) return answerAppRole(world, request);
  if (path === 'sys/capabilities-self') return answerCapabilities(world, request, caller);
  if (path.startsWith('sys/policies/')) return answerPolicy(world, request);
  const transit = answerTransit(world, request);
  if (transit !== undefined) return transit;
  const place = placeOf(world, request);
  // vault/router.go: an unsupported path is a 404 that says so, unlike a secret that is not there.
  if (!place) throw new Refusal(404, `no handler for route "${path}". route entry not found.`);
  const act = VERSION_ACTS.find((name) => name === place.api);
  if (act) return answerVersions(world, request, act, place);
  if (place.api === 'config') return answerConfig(world, request, place.mount);
  if (place.api === 'data') return answerData(world, request, place);
  if (place.api === 'metadata') return answerMetadata(world, request, place);
  throw new Refusal(404, 'Invalid path for a versioned K/V secrets engine.');
}

function authorize(world: World, request: VaultRequest, caller: Caller): void {
  if (caller.policies.includes('root')) return;
  const capabilities = capabilitiesAt(request.path, rulesOf(world, caller));
  // http/logical.go and vault/request_handling.go wrap the sentence when it was the policies that said no.
  if (!capabilities.has(neededFor(world, request))) throw new Refusal(403, '1 error occurred:\n\t* permission denied\n\n');
}

/** A write is `create` where data or metadata had no key yet (their ExistenceCheck), else `update`. */
function neededFor(world: World, request: VaultRequest): Capability {
  if (request.verb !== 'write') return request.verb;
  const place = placeOf(world, request);
  const checksExistence = place?.api === 'data' || place?.api === 'metadata';
  return place && checksExistence && !keyAt(world.database, place) ? 'create' : 'update';
}

function placeOf({ mounts }: World, { path, namespace }: VaultRequest): (Place & { readonly api: string }) | null {
  const mount = mounts.find((name) => path.startsWith(`${name}/`));
  if (mount === undefined) return null;
  const [, api = '', rest = ''] = /^([^/]*)\/?(.*)$/s.exec(path.slice(mount.length + 1)) ?? [];
  return { namespace, mount, api, path: rest };
}
