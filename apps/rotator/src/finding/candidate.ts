import { type CredentialPayload, parsePayload, type StoredSecret } from '@rcm/credentials';
import { RcmError, type Secret } from '@rcm/telemetry';
import type { LoginInHand } from './login-in-hand.ts';

/**
 * Names a stored password, never its value: `current`, `copy:<attempt id>`, `version:<store version>`; `/<n>` behind it means its first n characters,
 * which is what a portal keeps that cuts passwords. In the journal of an attempt its own copy is `staged`.
 */
export interface CandidateName {
  readonly kind: 'current' | 'copy' | 'version';
  /** The attempt's id, or the store's version; empty for `current`. */
  readonly of: string;
  readonly first?: number;
}

/** A stored password that the portal may accept. */
export interface Candidate {
  readonly name: CandidateName;
  readonly password: Secret<string>;
  /** What is typed: the current payload with this password, or the whole payload it was stored in where current names another account. */
  readonly payload: Secret<CredentialPayload>;
}

const STAGED = /^(staged|copy:([0-9a-f-]{36})|version:(.+?))(?:\/([0-9]{1,3}))?$/;

/** As the journal keeps it; `ownId`: the attempt whose journal it is. */
export function foundOf({ kind, of, first }: CandidateName, ownId: string): string {
  const name = kind === 'copy' && of === ownId ? 'staged' : `${kind}:${of}`;
  return first === undefined ? name : `${name}/${first}`;
}

/** Reads `foundOf` back. Fails with `state_conflict` for what this version does not know. */
export function candidateNamed(found: string, ownId: string): CandidateName {
  const [, whole, copy, version, first] = STAGED.exec(found) ?? [];
  if (whole === undefined) throw new RcmError('state_conflict', 'The journal names a password in a way that this rotator does not know.');
  const cut = first === undefined ? {} : { first: Number(first) };
  if (version !== undefined) return { kind: 'version', of: version, ...cut };
  return { kind: 'copy', of: copy ?? ownId, ...cut };
}

/** What the ledger remembers a candidate as: the store's version, or `staged:<attempt id>`, with the length where it was cut. */
export function ledgerVersion({ kind, of, first }: CandidateName, current: StoredSecret | null): string {
  const name = kind === 'copy' ? stagedVersion(of) : kind === 'version' ? of : (current?.version ?? 'current');
  return first === undefined ? name : `${name}/${first}`;
}

export const stagedVersion = (attemptId: string): string => `staged:${attemptId}`;

/** The stored text that a name means; `null`: it is in the store no more. */
export async function readNamed(login: LoginInHand, { kind, of }: CandidateName): Promise<StoredSecret | null> {
  const { store, reference } = login;
  const options = { signal: login.held.signal };
  switch (kind) {
    case 'current':
      return store.read(reference, options);
    case 'copy':
      return readCopy(login, of);
    case 'version':
      return store.readVersion(reference, of, options);
  }
}

/** Beside the login's own secret, or beside the one in which its account lay before. */
async function readCopy({ store, slotOf, slotElsewhere, held }: LoginInHand, attemptId: string): Promise<StoredSecret | null> {
  const options = { signal: held.signal };
  const own = await store.readStaged(slotOf(attemptId), options);
  if (own !== null) return own;
  const elsewhere = await slotElsewhere(attemptId);
  return elsewhere === null ? null : store.readStaged(elsewhere, options);
}

/** The candidate that a stored text holds. Fails with `payload_invalid` where it is no payload. */
export function candidateOf(name: CandidateName, stored: StoredSecret, current: StoredSecret | null): Candidate {
  const own = parsePayload(stored.text);
  const password = own.map((payload) => (name.first === undefined ? payload.password : [...payload.password].slice(0, name.first).join('')));
  const base = current === null ? own : parsePayload(current.text);
  return { name, password, payload: sameUser(base, own) ? withThis(base, password) : withThis(own, password) };
}

/** Whether two payloads name the same user, as they are written. */
const sameUser = (one: Secret<CredentialPayload>, other: Secret<CredentialPayload>): boolean => one.reveal().username === other.reveal().username;

const withThis = (payload: Secret<CredentialPayload>, password: Secret<string>): Secret<CredentialPayload> =>
  payload.map((value) => ({ ...value, password: password.reveal() }));
