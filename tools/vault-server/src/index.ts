/**
 * A server that follows the HTTP contract of Vault (OpenBao) for AppRole, tokens, policies, KV v2 and transit's data keys to the letter, with faults, for
 * tests and local work. Threats it minds: a secret readable in its data file, a token that reaches beyond its policy. It must never
 * be the place where real credentials are kept, never listen beyond this machine by default, and never accept what Vault would refuse.
 */
export { type AdminAccess, type AppRoleCredentials, createAppRole, createTransitKey, type NewAppRole } from './admin.ts';
export { type Clock, StartError, type StartErrorCode, systemClock } from '@rcm/local-aws/kit';
export { everyValueEver } from './every-value-ever.ts';
export type { Fault, NodeState } from './faults.ts';
export { startVaultServer, type VaultServer, type VaultServerOptions } from './start.ts';
