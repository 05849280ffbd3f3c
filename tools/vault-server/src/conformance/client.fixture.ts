import { createAppRole } from '../admin.ts';
import { startVaultServer, type VaultServer, type VaultServerOptions } from '../start.ts';

export interface Said {
  readonly status: number;
  /** `null` where the answer has no body. */
  readonly body: Readonly<Record<string, unknown>> | null;
}

export interface Client {
  readonly server: VaultServer;
  /** A request with the root token, unless another one (or none: empty) is given. */
  ask(method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<Said>;
  /** A token of a new AppRole with this policy. Lifetimes in seconds. */
  tokenWith(paths: Readonly<Record<string, readonly string[]>>, lifetimes?: { readonly tokenTtl?: number; readonly tokenMaxTtl?: number }): Promise<string>;
  close(): Promise<void>;
}

export async function openClient(options: VaultServerOptions = {}): Promise<Client> {
  const server = await startVaultServer(options);
  let roles = 0;
  const ask: Client['ask'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${server.address}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': server.rootToken, ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as Said['body']) };
  };
  return {
    server,
    ask,
    async tokenWith(paths, lifetimes = {}) {
      roles += 1;
      const policy = { path: Object.fromEntries(Object.entries(paths).map(([path, capabilities]) => [path, { capabilities }])) };
      const { roleId, secretId } = await createAppRole({ address: server.address, token: server.rootToken }, { name: `role-${roles}`, policy, ...lifetimes });
      const { body } = await ask('POST', 'auth/approle/login', { role_id: roleId, secret_id: secretId }, { 'x-vault-token': '' });
      return String((body?.auth as { readonly client_token?: unknown }).client_token);
    },
    close: () => server.close(),
  };
}
