import { hkdfSync, randomBytes } from 'node:crypto';
import { type Answer, noContent, nothingThere, Refusal, withData } from '../http/answer.ts';
import type { VaultRequest } from '../http/request.ts';
import type { VaultState } from '../vault-state.ts';

/** A named key of the transit engine, of type aes256-gcm96. */
export interface TransitKey {
  readonly derived: boolean;
  readonly deletionAllowed: boolean;
  readonly minDecryptionVersion: number;
  /** Base64, version 1 first. */
  readonly versions: readonly string[];
}

export interface TransitPlace {
  readonly namespace: string;
  readonly mount: string;
  readonly name: string;
}

/** sdk/framework, GenericNameRegex. */
const NAME = /^\w(([\w.-]+)?\w)?$/;

export function keyNamed({ database, root }: VaultState, { namespace, mount, name }: TransitPlace): TransitKey | null {
  const row = database.get<{ readonly box: Uint8Array }>('SELECT box FROM transit_key WHERE namespace = ? AND mount = ? AND name = ?', namespace, mount, name);
  return row && (JSON.parse(root.open(row.box)) as TransitKey);
}

function keep({ database, root }: VaultState, { namespace, mount, name }: TransitPlace, key: TransitKey): void {
  database.run('INSERT OR REPLACE INTO transit_key(namespace, mount, name, box) VALUES (?, ?, ?, ?)', namespace, mount, name, root.seal(JSON.stringify(key)));
}

const newVersion = (): string => randomBytes(32).toString('base64');

/** `<mount>/keys/<name>`, `…/config`, `…/rotate` (builtin/logical/transit/path_keys.go, path_config.go, path_rotate.go). Null: no such route. */
export function answerKeys(vault: VaultState, request: VaultRequest, place: TransitPlace, act: string): Answer | null {
  if (!NAME.test(place.name)) throw new Refusal(404, `no handler for route "${request.path}". route entry not found.`);
  const known = keyNamed(vault, place);
  if (act === 'config' && request.verb === 'write') return configure(vault, request, place, known);
  if (act === 'rotate' && request.verb === 'write') return rotate(vault, place, known);
  if (act !== '') return null;
  if (request.verb === 'read') {
    if (!known) throw nothingThere();
    return withData(described(place, known));
  }
  if (request.verb === 'write') return create(vault, request, place, known);
  if (request.verb === 'delete') return remove(vault, place, known);
  return null;
}

function create(vault: VaultState, { body }: VaultRequest, place: TransitPlace, known: TransitKey | null): Answer {
  if (![undefined, 'aes256-gcm96'].includes(body.type as string | undefined)) throw new Refusal(400, `unknown key type ${String(body.type)}`);
  // A key that is there stays as it is.
  const key = known ?? { derived: body.derived === true, deletionAllowed: false, minDecryptionVersion: 1, versions: [newVersion()] };
  keep(vault, place, key);
  return withData(described(place, key));
}

function remove(vault: VaultState, place: TransitPlace, known: TransitKey | null): Answer {
  // keysutil/lock_manager.go, DeletePolicy.
  if (!known) throw new Refusal(400, 'error deleting policy ' + place.name + ': could not delete key; not found');
  if (!known.deletionAllowed) throw new Refusal(400, `error deleting policy ${place.name}: deletion is not allowed for this key`);
  vault.database.run('DELETE FROM transit_key WHERE namespace = ? AND mount = ? AND name = ?', place.namespace, place.mount, place.name);
  return noContent;
}

function configure(vault: VaultState, { body }: VaultRequest, place: TransitPlace, known: TransitKey | null): Answer {
  if (!known) throw new Refusal(400, `no existing key named ${place.name} could be found`);
  const wanted = body.min_decryption_version;
  if (wanted !== undefined && (!Number.isInteger(wanted) || Number(wanted) > known.versions.length))
    throw new Refusal(400, `cannot set min decryption version of ${JSON.stringify(wanted)}, latest key version is ${known.versions.length}`);
  const key = {
    ...known,
    deletionAllowed: typeof body.deletion_allowed === 'boolean' ? body.deletion_allowed : known.deletionAllowed,
    minDecryptionVersion: wanted === undefined ? known.minDecryptionVersion : Math.max(1, Number(wanted)),
  };
  keep(vault, place, key);
  return withData(described(place, key));
}

function rotate(vault: VaultState, place: TransitPlace, known: TransitKey | null): Answer {
  if (!known) throw new Refusal(400, 'key not found');
  const key = { ...known, versions: [...known.versions, newVersion()] };
  keep(vault, place, key);
  return withData(described(place, key));
}

const described = ({ name }: TransitPlace, key: TransitKey) => ({
  ...{ name, type: 'aes256-gcm96', derived: key.derived, deletion_allowed: key.deletionAllowed, exportable: false, allow_plaintext_backup: false },
  ...{ min_decryption_version: key.minDecryptionVersion, latest_version: key.versions.length, supports_encryption: true, supports_decryption: true },
});

const NO_CONTEXT =
  "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key";

/** sdk/helper/keysutil/policy.go, GetKey: a key that is not derived looks at no context. Fails with 400. */
export function materialOf(key: TransitKey, version: number, context: Buffer): Buffer {
  const bytes = key.versions[version - 1];
  if (bytes === undefined) throw new Refusal(400, 'invalid key version');
  const material = Buffer.from(bytes, 'base64');
  if (!key.derived) return material;
  if (context.length === 0) throw new Refusal(400, NO_CONTEXT);
  return Buffer.from(hkdfSync('sha256', material, Buffer.alloc(0), context, 32));
}
