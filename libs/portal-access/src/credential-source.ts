import type { CredentialPayload } from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import { RcmError, type Secret } from '@rcm/telemetry';

/** A login that has a name, and so a lease, a ledger and a budget. */
export interface NamedEndpoint extends EndpointRow {
  readonly loginIdentity: string;
}

/** What is typed, and what the ledger calls it. */
export interface CurrentCredential {
  readonly payload: Secret<CredentialPayload>;
  readonly version: string;
}

/** Where an agent has one login from while it holds its lease: a store, or what still lies in the row. */
export interface CredentialSource {
  /** The version that a kept session must have been opened with; `null`: none may be used. */
  keptVersion(): Promise<string | null>;
  current(): Promise<CurrentCredential>;
  /** The next `current` looks again. */
  forget(): void;
}

/** Nothing was sent, and nothing is wrong with the task: it waits. */
export const notReady = ({ id }: Pick<EndpointRow, 'id'>, reason: string, why = ''): RcmError =>
  new RcmError('login_not_allowed', `No login was attempted (${reason}); nothing was sent to the portal.${why}`, { details: { endpointId: id, reason } });
