import type { RcmError } from '@rcm/telemetry';
import type { LoginOutcome } from '../outcome.ts';
import type { SessionDependencies } from './dependencies.ts';

/**
 * What a login came to whose page was led to a host that is not declared, or, beside the portal's own, to one whose name cannot be resolved; `null`: to
 * neither. A page can put what was typed into the name of a host, so it is masked.
 */
export function hostMoved({ recipe, origins, isUnknownHost, watch, secrets }: SessionDependencies, failure: RcmError): LoginOutcome | null {
  if (recipe.version === 1 || failure.code !== 'portal_unavailable') return null;
  const trouble = watch.trouble();
  const origin = trouble && 'network' in trouble ? trouble.origin : null;
  if (origin === null) return null;
  const { host } = new URL(origin);
  const name = secrets.mask().mask(host);
  if (!origins.allows(origin)) return { kind: 'host_moved', host: name, detail: `the sign-in leads to ${name}, which is not a declared host` };
  if (host === origins.base.host || !isUnknownHost(host)) return null;
  return { kind: 'host_moved', host: name, detail: `the sign-in is at ${name}, and that name cannot be resolved` };
}
