import { isProtected } from '@rcm/telemetry';

const NAMESPACE = /^[A-Za-z0-9_-]{1,64}(\/[A-Za-z0-9_-]{1,64}){0,7}$/;

/** Why a text cannot be Vault's address; `null` where it can. Tokens go there, so plain HTTP ends at this machine. */
export function vaultAddressProblem(address: string): string | null {
  if (!URL.canParse(address)) return 'its address must be a URL';
  const url = new URL(address);
  if (!isProtected(address)) return 'its address must be https, or http on this machine';
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '' || url.pathname !== '/')
    return 'its address must be scheme, host and port only';
  return null;
}

/** Namespaces are named without slashes at their ends. */
export const vaultNamespaceProblem = (namespace: string | undefined): string | null =>
  namespace === undefined || NAMESPACE.test(namespace) ? null : 'its namespace must be names joined by slashes, without one at either end';
