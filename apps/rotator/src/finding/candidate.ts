import { type CredentialPayload, parsePayload, type StoredSecret } from '@rcm/credentials';
import { RcmError, type Secret } from '@rcm/telemetry';
import type { LoginInHand } from './login-in-hand.ts';

/**
 * Names a stored password, never its value: `current`, `copy:<attempt id>`, `version:<store version>`, `elsewhere:<endpoint id>`; `/<n>` behind it means its
 * first n characters, which is what a portal keeps that cuts passwords. In the journal of an attempt its own copy is `staged`.
 */
export interface CandidateName {
  readonly kind: 'current' | 'copy' | 'version' | 'elsewhere';
  /** The attempt's id, the store's version, or the endpoint in whose secret it is current; empty for `current`. */
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

const FOUND = /^(?:(?<own>staged)|copy:(?<copy>[0-9a-f-]{36})|version:(?<version>.+?)|elsewhere:(?<elsewhere>[a-z0-9-]{1,63}))(?:\/(?<first>[0-9]{1,3}))?$/;

/** As the journal keeps it; `ownId`: the attempt whose journal it is. */
export function foundOf({ kind, of, first }: CandidateName, ownId: string): string {
  const name = kind === 'copy' && of === ownId ? 'staged' : `${kind}:${of}`;
  return first === undefined ? name : `${name}/${first}`;
}

/** Reads `foundOf` back. Fails with `state_conflict` for what this version does not know. */
export function candidateNamed(found: string, ownId: string): CandidateName {
  const named = FOUND.exec(found)?.groups ?? {};
  const cut = named.first === undefined ? {} : { first: Number(named.first) };
  if (named.own !== undefined) return { kind: 'copy', of: ownId, ...cut };
  for (const kind of ['copy', 'version', 'elsewhere'] as const) {
    const of = named[kind];
    if (of !== undefined) return { kind, of, ...cut };
  }
  throw new RcmError('state_conflict', 'The journal names a password in a way that this rotator does not know.');
}

const WORDS: readonly (readonly [kind: 'own' | 'copy' | 'version' | 'elsewhere', words: (of: string) => string])[] = [
  ['own', () => 'the new password that was staged'],
  ['copy', (attemptId) => `the copy that rotation ${attemptId} left`],
  ['version', (version) => `version ${version} of the secret`],
  ['elsewhere', (endpointId) => `what the secret of ${endpointId} holds`],
];

/** For people, from the journal's name for it; a name that this version does not know stays as it is. */
export function wordsOfFound(found: string): string {
  const named = FOUND.exec(found)?.groups ?? {};
  const [whole] = WORDS.flatMap(([kind, words]) => (named[kind] === undefined ? [] : [words(named[kind])]));
  if (whole === undefined) return found;
  return named.first === undefined ? whole : `the first ${named.first} characters of ${whole}`;
}

/** What the ledger remembers a candidate as: the store's version, `staged:<attempt id>` or `elsewhere:<endpoint id>`, with the length where it was cut. */
export function ledgerVersion({ kind, of, first }: CandidateName, current: StoredSecret | null): string {
  const named = { copy: stagedVersion(of), version: of, elsewhere: `elsewhere:${of}`, current: current?.version ?? 'current' };
  return first === undefined ? named[kind] : `${named[kind]}/${first}`;
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
    case 'elsewhere': {
      const elsewhere = await login.secretOf(of);
      return elsewhere === null ? null : store.read(elsewhere, options);
    }
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
  const password = own.map((payload) => payload.password);
  const base = current === null ? own : parsePayload(current.text);
  const whole = { name, password, payload: sameUser(base, own) ? withThis(base, password) : own };
  return name.first === undefined ? whole : cutTo(whole, name.first);
}

/** What a portal keeps of a candidate that it cuts to its first characters. */
export function cutTo({ name, password, payload }: Candidate, first: number): Candidate {
  const kept = password.map((whole) => [...whole].slice(0, first).join(''));
  return { name: { ...name, first }, password: kept, payload: withThis(payload, kept) };
}

/** Whether two payloads name the same user, as they are written. */
const sameUser = (one: Secret<CredentialPayload>, other: Secret<CredentialPayload>): boolean => one.reveal().username === other.reveal().username;

const withThis = (payload: Secret<CredentialPayload>, password: Secret<string>): Secret<CredentialPayload> =>
  payload.map((value) => ({ ...value, password: password.reveal() }));
