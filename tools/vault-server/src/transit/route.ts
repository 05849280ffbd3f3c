import type { Answer } from '../http/answer.ts';
import type { VaultRequest } from '../http/request.ts';
import type { VaultState } from '../vault-state.ts';
import { answerDataKey, answerDecrypt } from './data-keys.ts';
import { answerKeys } from './keys.ts';

/** Where the transit engine is mounted, in every namespace. */
const MOUNT = 'transit';

/** What is asked of it; `undefined` where the path is not below it, `null` where the mount has no such route. */
export function answerTransit(vault: VaultState, request: VaultRequest): Answer | null | undefined {
  const { path, namespace, verb } = request;
  if (!path.startsWith(`${MOUNT}/`)) return undefined;
  const [api = '', first = '', second = '', ...rest] = path.slice(MOUNT.length + 1).split('/');
  if (rest.length > 0) return null;
  if (api === 'keys') return answerKeys(vault, request, { namespace, mount: MOUNT, name: first }, second);
  if (verb !== 'write') return null;
  if (api === 'datakey') return answerDataKey(vault, request, { namespace, mount: MOUNT, name: second }, first);
  if (api === 'decrypt' && second === '') return answerDecrypt(vault, request, { namespace, mount: MOUNT, name: first });
  return null;
}
