import { parsePayload, parseReference } from '@rcm/credentials';
import type { CaseAt } from './case-at.ts';
import { PORTAL_FACTS } from '../cells/portal.ts';

/** What the store holds of a login, and what the portal accepts of that; the journal is not asked. */
export interface Stored {
  readonly version: string | null;
  readonly acceptsCurrent: boolean;
  /** The attempts whose copies are there. */
  readonly copies: readonly string[];
  /** Whether anything that is stored is accepted, or would be as a portal has kept it that cuts passwords: else the password is lost. */
  readonly holdsAccepted: boolean;
}

export async function readStored({ cell, place, endpoint }: Pick<CaseAt, 'cell' | 'place' | 'endpoint'>): Promise<Stored> {
  const { witness: store, testEnvironment } = place;
  const { orgId, portal, username, secretArn } = endpoint;
  const { keepsFirst } = PORTAL_FACTS[cell.portal];
  const reference = parseReference(secretArn);
  const accepts = (password: string): Promise<boolean> => testEnvironment.portals.accepts({ portal, username, password });
  const current = await store.read(reference);
  const copies = await store.listStaged(reference);
  const tags = { TenantId: orgId, Environment: testEnvironment.environmentName, PortalType: portal };
  const texts = [current, ...(await Promise.all(copies.map((attemptId) => store.readStaged({ current: reference, attemptId, tags }))))];
  const passwords = texts.flatMap((stored) => (stored === null ? [] : [parsePayload(stored.text).reveal().password]));
  const kept = passwords.flatMap((password) => [password, ...(keepsFirst === null ? [] : [[...password].slice(0, keepsFirst).join('')])]);
  const accepted = await Promise.all(kept.map(accepts));
  return {
    version: current?.version ?? null,
    acceptsCurrent: current !== null && (await accepts(parsePayload(current.text).reveal().password)),
    copies,
    holdsAccepted: accepted.includes(true),
  };
}
