import { RcmError, Secret } from '@rcm/telemetry';
import { invalidPayload } from '../refusal.ts';
import type { CallOptions, SecretTags } from './store.ts';
import { createVaultHttp, type VaultAddress, type VaultAnswer, type VaultRequest } from './vault-http.ts';
import { createVaultSession, type VaultSessionOptions } from './vault-session.ts';

export interface VaultAccess extends VaultAddress, VaultSessionOptions {
  /** The KV v2 mount; an id. A reference of another mount is refused. */
  readonly mount: string;
}

/** What lies at a path. */
export interface VaultSecret {
  /** `null` where nothing is there, or its latest version is deleted or destroyed. */
  readonly text: Secret<string> | null;
  /** The latest version, deleted or not: what a check-and-set compares with. 0: there never was one. */
  readonly version: number;
  readonly isTemporary?: Temporary;
}

/** Mount or secret have a `delete_version_after`: Vault deletes this version by itself at some time, also while it is the latest. */
type Temporary = true;

/** What became of a write. */
export interface VaultWritten {
  readonly version: number;
  readonly isTemporary?: Temporary;
}

/** The calls to KV v2 that the Vault store is made of, errors translated. Paths have no slash at their ends. */
export interface VaultCalls {
  /** The latest version, or the one named. Fails with `payload_invalid` where the secret is not one of ours. */
  get(path: string, options?: CallOptions, version?: number): Promise<VaultSecret>;
  /** Writes where the latest version is `base`. The new version, or `null` where it is another one (nothing was written). */
  write(path: string, text: Secret<string>, base: number, options?: CallOptions): Promise<VaultWritten | null>;
  /** Notes tags beside the secret, whatever its version. */
  label(path: string, tags: SecretTags, options?: CallOptions): Promise<void>;
  /** Names right below a path; none where the path is empty. Vault tells no ages here. */
  list(path: string, options?: CallOptions): Promise<readonly string[]>;
  /** Removes every version and the metadata; a missing one is fine. */
  remove(path: string, options?: CallOptions): Promise<void>;
  /** What the caller's own token may do with the data at a path: `read`, `create`, `update`, …, or `deny`; `root` may do everything. */
  capabilities(path: string, options?: CallOptions): Promise<readonly string[]>;
}

/**
 * The payload's text is ONE field of the secret, not its fields: KV v2 decodes numbers to 64-bit floats when it reads a version
 * back (openbao builtin/logical/kv/path_data.go), and an account number of 20 digits would not survive that.
 */
const FIELD = 'payload';
/** path_data.go, validateCheckAndSetOption. */
const LOST_CAS = 'check-and-set parameter did not match the current version';

export function createVaultCalls({ mount, ...access }: VaultAccess): VaultCalls {
  const http = createVaultHttp(access);
  const session = createVaultSession(http, access);
  const call = (what: string, options: CallOptions, request: VaultRequest): Promise<VaultAnswer> =>
    http.call(what, options, async (signal) => {
      const answer = await session.send(request, signal);
      if (answer.status === 403)
        throw new RcmError('store_denied', `${what} failed: the policy of the AppRole does not allow it (403).`, { details: { status: 403 } });
      return answer;
    });

  return {
    async get(path, options = {}, version) {
      const what = 'Reading a secret from Vault';
      const answer = await call(what, options, { method: 'GET', path: `${mount}/data/${path}${version === undefined ? '' : `?version=${version}`}` });
      if (answer.status !== 200 && answer.status !== 404) throw refused(what, answer);
      // Soft-deleted or destroyed: 404 with a body. Never there: 404 with no errors. No such mount: 404 with an error.
      if (answer.status === 404 && errorsOf(answer).length > 0) throw refused(what, answer);
      return secretOf(answer);
    },
    async write(path, text, base, options = {}) {
      const what = 'Writing a secret to Vault';
      const body = text.map((value) => ({ options: { cas: base }, data: { [FIELD]: value } }));
      const answer = await call(what, options, { method: 'POST', path: `${mount}/data/${path}`, body });
      if (answer.status === 400 && errorsOf(answer).some((error) => error.includes(LOST_CAS))) return null;
      if (answer.status !== 200 && answer.status !== 204) throw refused(what, answer);
      const { version, deletion_time: deletionTime } = answer.body.reveal().data ?? {};
      if (typeof version !== 'number') throw notVault(what);
      return { version, ...temporary(deletionTime) };
    },
    async label(path, tags, options = {}) {
      const what = 'Labelling a secret in Vault';
      const answer = await call(what, options, { method: 'POST', path: `${mount}/metadata/${path}`, body: new Secret({ custom_metadata: { ...tags } }) });
      if (answer.status !== 204 && answer.status !== 200) throw refused(what, answer);
    },
    async list(path, options = {}) {
      const what = 'Looking for staged secrets in Vault';
      const answer = await call(what, options, { method: 'GET', path: `${mount}/metadata/${path}?list=true` });
      return namesIn(what, answer).filter((key) => !key.endsWith('/'));
    },
    async remove(path, options = {}) {
      const what = 'Deleting a staged secret from Vault';
      const answer = await call(what, options, { method: 'DELETE', path: `${mount}/metadata/${path}` });
      if (answer.status !== 204 && answer.status !== 200) throw refused(what, answer);
    },
    async capabilities(path, options = {}) {
      const what = 'Asking Vault what the AppRole may do';
      const asked = `${mount}/data/${path}`;
      const answer = await call(what, options, { method: 'POST', path: 'sys/capabilities-self', body: new Secret({ paths: [asked] }) });
      if (answer.status !== 200) throw refused(what, answer);
      const body = answer.body.reveal();
      // The documentation shows the answer without its envelope, as older servers give it.
      const found = (body.data ?? (body as Readonly<Record<string, unknown>>))[asked];
      if (!Array.isArray(found)) throw notVault(what);
      return found.map(String);
    },
  };
}

/** path_data.go, deletionTime: empty where nobody has said that versions go by themselves. */
const temporary = (deletionTime: unknown): { readonly isTemporary?: Temporary } => (deletionTime ? { isTemporary: true } : {});

const errorsOf = ({ body }: VaultAnswer): readonly string[] => body.reveal().errors ?? [];

/** Vault's own sentence is dropped: a validation message may quote what was sent. */
function refused(what: string, { status }: VaultAnswer): RcmError {
  const why = status === 404 ? 'there is no such mount or namespace' : 'the request was refused';
  return new RcmError('store_denied', `${what} failed: ${why} (${status}).`, { details: { status } });
}

/** A proxy, say, that answers in Vault's place. Whether a write was made is found out by repeating it: each is a check-and-set. */
const notVault = (what: string): RcmError => new RcmError('store_unavailable', `${what} failed: the answer is not one that Vault gives.`);

/** Of an empty path Vault says that it is not there. Whoever answers without a list is somebody else, and copies may well lie there. */
function namesIn(what: string, answer: VaultAnswer): readonly string[] {
  const { data, errors } = answer.body.reveal();
  if (answer.status === 404 && errors?.length === 0) return [];
  if (answer.status === 404 && errors === undefined) throw notVault(what);
  if (answer.status !== 200) throw refused(what, answer);
  const { keys } = (data ?? {}) as { readonly keys?: unknown };
  if (!Array.isArray(keys)) throw notVault(what);
  return keys.map(String);
}

function secretOf({ status, body }: VaultAnswer): VaultSecret {
  const { data, errors } = body.reveal();
  const metadata = data?.metadata as { readonly version?: unknown; readonly deletion_time?: unknown } | undefined;
  const version = Number(metadata?.version ?? 0);
  // Vault itself says in one of two ways that there is nothing; an answer without either, and without a version, is somebody else's.
  if (version === 0 && (status !== 404 || errors === undefined)) throw notVault('Reading a secret from Vault');
  if (status === 404) return { text: null, version };
  const fields = data?.data as Readonly<Record<string, unknown>> | null | undefined;
  const text = fields?.[FIELD];
  if (typeof text !== 'string') throw invalidPayload('not_text', `The secret in Vault has no text field "${FIELD}".`);
  return { text: new Secret(text), version, ...temporary(metadata?.deletion_time) };
}
