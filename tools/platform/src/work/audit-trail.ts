import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AppRole, ensureAppLogin } from '@rcm/db';
import { Secret } from '@rcm/telemetry';
import type { DataFolder } from '../data/folder.ts';
import { type KeyFile, keyFile, writeKeyFile } from '../data/keys.ts';
import { replaceFile } from '../data/memory.ts';
import { rootEnvironment } from '../processes/environment.ts';
import type { Supervisor } from '../processes/supervisor.ts';

const programOf = (file: string): string => fileURLToPath(new URL(`../../../../apps/audit/src/${file}`, import.meta.url));
const COMMAND_MS = 120_000;

/** A trail that somebody else can check, and how. */
export interface CheckedTrail {
  readonly organizations: number;
  readonly events: number;
  /** To be run by whoever has the folder: it needs nothing of the platform's. */
  readonly command: string;
}

/**
 * Signs where each organization's audit chain stands, exports the trail, and has the stand-alone verifier check the one against the other, as somebody who trusts neither
 * the database nor the platform would. Everything lies in `audit/` of the folder; the private key beside the other keys. Fails where a command does not end well.
 */
export async function writeAuditTrail(folder: DataFolder, admin: KeyFile, supervisor: Supervisor): Promise<CheckedTrail> {
  const [heads, trail, publicKey] = ['heads.ndjson', 'trail.ndjson', 'public.pem'].map((name) => join(folder.audit, name)) as [string, string, string];
  const signing = signingKey(folder, publicKey);
  const login = async (role: AppRole, name: string): Promise<Record<string, string>> => {
    const url = await ensureAppLogin({ adminUrl: admin.value.reveal(), role, name, password: keyFile(folder.keys, `${name}-database-password`).value });
    return { ...rootEnvironment, RCM_DATABASE_URL_FILE: writeKeyFile(folder.keys, `${name}-database-url`, new Secret(url)).path };
  };
  const audit = (args: readonly string[], environment: Record<string, string>) =>
    supervisor.run({ name: 'audit', script: programOf('main.ts'), args, environment }, COMMAND_MS);
  const signer = { RCM_AUDIT_SIGNING_KEY_FILE: signing.path, RCM_AUDIT_HEADS_FILE: heads };
  await audit(['heads', 'write', '--json'], { ...(await login('rcm_head_writer', 'head_writer')), ...signer });
  await audit(['export', '--output', trail], await login('rcm_auditor', 'auditor'));
  const check = ['--export', trail, '--heads', heads, '--key', publicKey];
  const said = await supervisor.run({ name: 'verify-audit', script: programOf('verify-audit.mjs'), args: [...check, '--json'], environment: {} }, COMMAND_MS);
  const { chains } = JSON.parse(said) as { readonly chains: readonly { readonly events: number }[] };
  return {
    organizations: chains.length,
    events: chains.reduce((sum, { events }) => sum + events, 0),
    command: ['node', programOf('verify-audit.mjs'), ...check].join(' '),
  };
}

/** Made once for a folder: heads of earlier runs are to be checked by the same key. */
function signingKey(folder: DataFolder, publicKey: string): KeyFile {
  const name = 'audit-signing-key';
  if (existsSync(join(folder.keys, name))) return keyFile(folder.keys, name);
  const pair = generateKeyPairSync('ed25519', { privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  replaceFile(publicKey, pair.publicKey);
  return writeKeyFile(folder.keys, name, new Secret(pair.privateKey.trim()));
}
