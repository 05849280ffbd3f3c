import type { Answer } from '../http/answer.ts';
import type { VaultRequest } from '../http/request.ts';
import type { VaultState } from '../vault-state.ts';
import { answerDataKey, answerDecrypt } from './data-keys.ts';
import { answerKeys } from './keys.ts';

/** What is asked of a transit mount; `undefined` where the path is below none, `null` where the mount has no such route. */
export function answerTransit(vault: VaultState, request: VaultRequest): Answer | null | undefined {
  const { path, namespace, verb } = request;
  const mount = vault.transitMounts.find((name) => path.startsWith(`${name}/`));
  if (mount === undefined) return undefined;
  const [api = '', first = '', second = '', ...rest] = path.slice(mount.length + 1).split('/');
  if (rest.length > 0) return null;
  if (api === 'keys') return answerKeys(vault, request, { namespace, mount, name: first }, second);
  if (verb !== 'write') return null;
  if (api === 'datakey') return answerDataKey(vault, request, { namespace, mount, name: second }, first);
  if (api === 'decrypt' && second === '') return answerDecrypt(vault, request, { namespace, mount, name: first });
  return null;
}
