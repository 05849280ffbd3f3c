/** Where an administrator's call goes. Works on any Vault: it is plain HTTP with a token that may do this. */
export interface AdminAccess {
  readonly address: string;
  readonly token: string;
  readonly namespace?: string;
}

export interface NewAppRole {
  readonly name: string;
  /** JSON of a policy: `{"path": {"kv/data/rcm/prod/…/*": {"capabilities": ["read"]}}}`. It gets the role's name. */
  readonly policy: object;
  /** Seconds; default Vault's own. */
  readonly tokenTtl?: number;
  readonly tokenMaxTtl?: number;
}

export interface AppRoleCredentials {
  readonly roleId: string;
  readonly secretId: string;
}

/** Makes (or changes) an AppRole with a policy of its own and gives a new secret id for it. Fails with what Vault said. */
export async function createAppRole(access: AdminAccess, { name, policy, tokenTtl, tokenMaxTtl }: NewAppRole): Promise<AppRoleCredentials> {
  const lifetimes = { ...(tokenTtl === undefined ? {} : { token_ttl: tokenTtl }), ...(tokenMaxTtl === undefined ? {} : { token_max_ttl: tokenMaxTtl }) };
  await call(access, 'PUT', `sys/policies/acl/${name}`, { policy: JSON.stringify(policy) });
  await call(access, 'POST', `auth/approle/role/${name}`, { token_policies: [name], ...lifetimes });
  const { role_id } = await call(access, 'GET', `auth/approle/role/${name}/role-id`);
  const { secret_id } = await call(access, 'POST', `auth/approle/role/${name}/secret-id`, {});
  return { roleId: String(role_id), secretId: String(secret_id) };
}

/** Makes a transit key, or leaves the one that is there. */
export const createTransitKey = async (access: AdminAccess, { mount, name }: { readonly mount: string; readonly name: string }): Promise<void> =>
  void (await call(access, 'POST', `${mount}/keys/${name}`, { derived: true }));

const DEADLINE_MS = 10_000;

async function call({ address, token, namespace }: AdminAccess, method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${address}/v1/${path}`, {
    method,
    headers: { 'x-vault-token': token, ...(namespace ? { 'x-vault-namespace': namespace } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.trim()}`);
  return text === '' ? {} : (JSON.parse(text) as { readonly data: Readonly<Record<string, unknown>> }).data;
}
