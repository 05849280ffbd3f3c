import { randomUUID } from 'node:crypto';
import { type Answer, noContent, nothingThere, Refusal, withData } from '../http/answer.ts';
import type { VaultRequest } from '../http/request.ts';
import type { VaultState } from '../vault-state.ts';
import { digestOf } from './digest.ts';
import { seconds } from './duration.ts';
import { namesIn } from './names-in.ts';
import { issueToken } from './tokens.ts';

interface RoleRow {
  readonly namespace: string;
  readonly name: string;
  readonly role_id: string;
  readonly policies: string;
  readonly token_ttl: number;
  readonly token_max_ttl: number;
}

/** Vault's system-wide default of both lifetimes: 32 days, in seconds. */
const DEFAULT_TTL = 32 * 24 * 3600;

/**
 * `POST auth/approle/login`. The sentence of a refusal is the same for an unknown role and a wrong secret id, its status 400
 * (openbao builtin/credential/approle/path_login.go; ErrInvalidCredentials is 400 in sdk/logical/response_util.go).
 */
export function logIn(vault: VaultState, { body, namespace }: VaultRequest): Answer {
  const roleId = trimmed(body.role_id);
  if (roleId === '') throw new Refusal(400, 'missing role_id');
  const role = vault.database.get<RoleRow>('SELECT * FROM app_role WHERE role_id = ? AND namespace = ?', roleId, namespace);
  if (!role) throw new Refusal(400, 'invalid role or secret ID');
  const secretId = trimmed(body.secret_id);
  if (secretId === '') throw new Refusal(400, 'missing secret_id');
  if (!useSecretId(vault, roleId, digestOf(secretId))) throw new Refusal(400, 'invalid role or secret ID');
  const policies = ['default', ...(JSON.parse(role.policies) as string[])];
  return issueToken(vault, { namespace, roleName: role.name, policies, ttl: role.token_ttl, maxTtl: role.token_max_ttl });
}

/** A secret id with a number of uses goes with its last one. */
function useSecretId({ database }: VaultState, roleId: string, digest: string): boolean {
  const found = database.get<{ readonly uses_left: number | null }>('SELECT uses_left FROM secret_id WHERE role_id = ? AND digest = ?', roleId, digest);
  if (!found) return false;
  if (found.uses_left === 1) database.run('DELETE FROM secret_id WHERE role_id = ? AND digest = ?', roleId, digest);
  else if (found.uses_left !== null) database.run('UPDATE secret_id SET uses_left = uses_left - 1 WHERE role_id = ? AND digest = ?', roleId, digest);
  return true;
}

/** `auth/approle/role/<name>[/role-id|/secret-id|/secret-id/destroy]`. Null: no such route. */
export function answerAppRole(vault: VaultState, request: VaultRequest): Answer | null {
  const match = /^auth\/approle\/role\/([\w.-]+)(?:\/(.+))?$/.exec(request.path);
  if (!match) return null;
  const [, name = '', part = ''] = match;
  const role = vault.database.get<RoleRow>('SELECT * FROM app_role WHERE namespace = ? AND name = ?', request.namespace, name);
  if (part === '' && request.verb === 'write') return writeRole(vault, request, name, role);
  if (!role) throw nothingThere();
  const route = `${request.verb} ${part}`;
  if (route === 'read role-id') return withData({ role_id: role.role_id });
  if (route === 'write secret-id') return makeSecretId(vault, request, role);
  if (route === 'write secret-id/destroy') {
    vault.database.run('DELETE FROM secret_id WHERE role_id = ? AND digest = ?', role.role_id, digestOf(trimmed(request.body.secret_id)));
    return noContent;
  }
  return null;
}

function writeRole({ database }: VaultState, { namespace, body }: VaultRequest, name: string, known: RoleRow | null): Answer {
  const policies = namesIn(body.token_policies) ?? [];
  const ttl = seconds(body.token_ttl, known?.token_ttl ?? DEFAULT_TTL);
  const maxTtl = seconds(body.token_max_ttl, known?.token_max_ttl ?? DEFAULT_TTL);
  database.run(
    `INSERT INTO app_role(namespace, name, role_id, policies, token_ttl, token_max_ttl) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (namespace, name) DO UPDATE SET policies = excluded.policies, token_ttl = excluded.token_ttl, token_max_ttl = excluded.token_max_ttl`,
    ...[namespace, name, known?.role_id ?? randomUUID(), JSON.stringify(policies), ttl, maxTtl],
  );
  return noContent;
}

function makeSecretId({ database }: VaultState, { body }: VaultRequest, role: RoleRow): Answer {
  const secretId = randomUUID();
  const uses = Number(body.num_uses ?? 0);
  database.run('INSERT INTO secret_id(role_id, digest, uses_left) VALUES (?, ?, ?)', role.role_id, digestOf(secretId), uses > 0 ? uses : null);
  return withData({ secret_id: secretId, secret_id_accessor: randomUUID(), secret_id_num_uses: uses, secret_id_ttl: 0 });
}

const trimmed = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
