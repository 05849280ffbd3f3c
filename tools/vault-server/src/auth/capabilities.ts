import { type Answer, Refusal, withData } from '../http/answer.ts';
import type { VaultRequest } from '../http/request.ts';
import type { VaultState } from '../vault-state.ts';
import { namesIn } from './names-in.ts';
import { capabilitiesAt } from './policy.ts';
import { type Caller, rulesOf } from './tokens.ts';

/**
 * `sys/capabilities-self`: what the asking token may do at each path, by its policies alone, sorted; `deny` where that is nothing,
 * `root` for the root token. One path is answered under `capabilities` as well (vault/logical_system.go, handleCapabilities;
 * vault/capabilities.go; vault/acl.go, Capabilities). Null: no such route.
 */
export function answerCapabilities(vault: VaultState, { verb, path, body }: VaultRequest, caller: Caller): Answer | null {
  if (path !== 'sys/capabilities-self' || verb !== 'write') return null;
  const paths = namesIn(body.paths) ?? namesIn(body.path) ?? [];
  if (paths.length === 0) throw new Refusal(400, 'paths must be supplied');
  if (paths.includes('')) throw new Refusal(400, 'missing path');
  const found = paths.map((asked) => [asked, capabilitiesOf(vault, caller, asked)] as const);
  return withData({ ...Object.fromEntries(found), ...(found.length === 1 ? { capabilities: found[0]?.[1] } : {}) });
}

function capabilitiesOf(vault: VaultState, caller: Caller, path: string): string[] {
  if (caller.policies.includes('root')) return ['root'];
  const capabilities = [...capabilitiesAt(path, rulesOf(vault, caller))].sort();
  return capabilities.length === 0 ? ['deny'] : capabilities;
}
