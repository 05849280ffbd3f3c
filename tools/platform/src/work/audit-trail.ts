import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceFile } from '@rcm/local-aws/kit';
import { Secret } from '@rcm/telemetry';
import type { DataFolder } from '../data/folder.ts';
import { type KeyFile, keyFile, writeKeyFile } from '../data/keys.ts';
import { roleLogin } from '../postgres/role-login.ts';
import { rootEnvironment } from '../processes/environment.ts';
import type { Supervisor } from '../processes/supervisor.ts';
import type { Stops } from '../services.ts';
import { shellWord } from '../shell-word.ts';

const programOf = (file: string): string => fileURLToPath(new URL(`../../../../apps/audit/src/${file}`, import.meta.url));
const COMMAND_MS = 120_000;
const GRACE_MS = 10_000;

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
  const { heads, publicKey, signer, writer, auditor } = await auditSettings(folder, admin);
  const trail = join(folder.audit, 'trail.ndjson');
  const audit = (args: readonly string[], login: KeyFile, more: Record<string, string> = {}) => {
    const environment = { ...rootEnvironment, RCM_DATABASE_URL_FILE: login.path, ...more };
    return supervisor.run({ name: 'audit', script: programOf('main.ts'), args, environment }, COMMAND_MS);
  };
  await audit(['heads', 'write', '--json'], writer, signer);
  await audit(['export', '--output', trail], auditor);
  const check = ['--export', trail, '--heads', heads, '--key', publicKey];
  const said = await supervisor.run({ name: 'verify-audit', script: programOf('verify-audit.mjs'), args: [...check, '--json'], environment: {} }, COMMAND_MS);
  const { chains } = JSON.parse(said) as { readonly chains: readonly { readonly events: number }[] };
  return {
    organizations: chains.length,
    events: chains.reduce((sum, { events }) => sum + events, 0),
    command: ['node', programOf('verify-audit.mjs'), ...check].map(shellWord).join(' '),
  };
}

/** Signs heads for as long as the platform runs, and checks the chain of whoever asks for that in the console. Nothing else depends on it. */
export async function startAuditHeads(
  folder: DataFolder,
  admin: KeyFile,
  { supervisor, stops }: { readonly supervisor: Supervisor; readonly stops: Stops },
): Promise<void> {
  const { signer, writer, auditor } = await auditSettings(folder, admin);
  const managed = supervisor.start({
    name: 'audit-heads',
    script: programOf('main.ts'),
    args: ['heads', 'run'],
    environment: {
      ...{ ...rootEnvironment, ...signer, RCM_HEALTH_PORT: '0' },
      // In a file of its own: a head that is younger than an export says that its end was cut off.
      RCM_AUDIT_HEADS_FILE: join(folder.audit, 'heads-while-running.ndjson'),
      ...{ RCM_DATABASE_URL_FILE: writer.path, RCM_AUDIT_CHECKS_DATABASE_URL_FILE: auditor.path },
    },
  });
  stops.push('audit heads', () => managed.stop(GRACE_MS));
  await managed.announced((line) => (typeof line.healthPort === 'number' ? line.healthPort : null));
}

interface AuditSettings {
  readonly heads: string;
  readonly publicKey: string;
  readonly signer: { readonly RCM_AUDIT_SIGNING_KEY_FILE: string; readonly RCM_AUDIT_HEADS_FILE: string };
  /** Database URLs of the two who have to do with the trail. */
  readonly writer: KeyFile;
  readonly auditor: KeyFile;
}

/** Where heads lie, what signs them, and the logins of who writes and who reads. */
async function auditSettings(folder: DataFolder, admin: KeyFile): Promise<AuditSettings> {
  const [heads, publicKey] = ['heads.ndjson', 'public.pem'].map((name) => join(folder.audit, name)) as [string, string];
  const setting = { folder, adminUrl: admin };
  return {
    ...{ heads, publicKey, signer: { RCM_AUDIT_SIGNING_KEY_FILE: signingKey(folder, publicKey).path, RCM_AUDIT_HEADS_FILE: heads } },
    ...{ writer: await roleLogin(setting, 'rcm_head_writer', 'head_writer'), auditor: await roleLogin(setting, 'rcm_auditor', 'auditor') },
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
