import type { Database } from '@rcm/db';
import { findPortalType, loginHistory } from '@rcm/db/fleet';
import { RcmError } from '@rcm/telemetry';
import { organizationNamed } from './organization.ts';

/** What a list was asked of. */
interface Asked {
  readonly org?: string | undefined;
  readonly portal?: string | undefined;
  readonly login?: string | undefined;
}

/**
 * An empty list of an organization, a portal type or a login that is not there would say that all is well with it. Fails with `input_invalid`, of a login with
 * `endpoint_unknown`.
 */
export async function checkEmpty(db: Database, found: readonly unknown[], { org, portal, login }: Asked): Promise<void> {
  if (found.length > 0) return;
  if (org !== undefined) await organizationNamed(db, org);
  if (portal !== undefined && !(await findPortalType(db, { code: portal })))
    throw new RcmError('input_invalid', `There is no portal type ${portal}: \`rcm portal-type list\` has them.`);
  if (login !== undefined && !(await loginHistory(db, { endpointId: login, limit: 1 })))
    throw new RcmError('endpoint_unknown', `There is no endpoint ${login}.`);
}
