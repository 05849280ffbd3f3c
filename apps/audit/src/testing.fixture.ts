import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type Database, openDatabase, recordAuditEvent } from '@rcm/db';
import { upsertOrganization } from '@rcm/db/admin';
import { asSuperuser, migrateWithLogins, urlFor } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';
import { runCli } from './cli.ts';
import type { Report } from './verify-audit.mjs';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A database with chains, a key, a heads file, and the command line as each role runs it. */
export interface AuditEnvironment {
  readonly url: string;
  readonly folder: string;
  readonly headsFile: string;
  readonly publicKey: string;
  /** As a superuser. */
  readonly db: Database;
  /** As an app that writes events. */
  readonly agent: Database;
  environment(role: 'rcm_auditor' | 'rcm_head_writer', settings?: Record<string, string>): Record<string, string>;
  organization(...ids: string[]): Promise<void>;
  append(orgId: string, count: number): Promise<void>;
  /** A superuser's statements, one after the other, with the triggers off that stop everybody. */
  tamper(...statements: string[]): Promise<void>;
  headsWrite(settings?: Record<string, string>): Promise<Ended>;
  verify(...args: string[]): Promise<{ readonly code: number; readonly report: Report }>;
  export(): Promise<string>;
  close(): Promise<void>;
}

export async function openAuditEnvironment(): Promise<AuditEnvironment> {
  const folder = mkdtempSync(join(tmpdir(), 'rcm-audit-'));
  const { url, drop } = await freshDatabase({ migrate: migrateWithLogins });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const [headsFile, keyFile] = [join(folder, 'heads.ndjson'), file('public.pem', String(publicKey.export({ type: 'spki', format: 'pem' })))];
  const signingKey = file('key.pem', String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
  const db = openDatabase({ url, applicationName: 'audit environment', maxConnections: 3 });
  const agent = openDatabase({ url: urlFor('rcm_agent', url), applicationName: 'agent', role: 'rcm_agent', maxConnections: 5 });
  const testEnvironment: AuditEnvironment = {
    url,
    folder,
    headsFile,
    publicKey: keyFile,
    db,
    agent,
    environment: (role, settings = {}) => ({
      RCM_DATABASE_URL_FILE: file(`url-${role}`, urlFor(role, url)),
      RCM_LOG_LEVEL: 'silent',
      RCM_AUDIT_HEADS_FILE: headsFile,
      ...(role === 'rcm_auditor' ? { RCM_AUDIT_PUBLIC_KEYS: keyFile } : { RCM_AUDIT_SIGNING_KEY_FILE: signingKey }),
      ...settings,
    }),
    async organization(...ids) {
      for (const id of ids) await upsertOrganization(db, { id, name: id });
    },
    async append(orgId, count) {
      for (let i = 0; i < count; i += 1)
        await recordAuditEvent(agent, {
          orgId,
          actor: `actor ${i % 3}`,
          action: 'noun.verb',
          subject: `s${i}`,
          reason: 'wegen "ä" 🔑\n\u2028',
          details: { b: i, a: ['ä🔑', null, 1.5] },
        });
    },
    tamper: (...statements) => asSuperuser(url, ['ALTER TABLE audit_event DISABLE TRIGGER ALL', ...statements, 'ALTER TABLE audit_event ENABLE TRIGGER ALL']),
    headsWrite: (settings) => audit(['heads', 'write', '--json'], testEnvironment.environment('rcm_head_writer', settings)),
    async verify(...args) {
      const { code, stdout } = await audit(['verify', '--json', ...args], testEnvironment.environment('rcm_auditor'));
      return { code, report: JSON.parse(stdout) as Report };
    },
    async export() {
      const path = join(folder, 'export.ndjson');
      const { code, stderr } = await audit(['export', '--output', path], testEnvironment.environment('rcm_auditor'));
      if (code !== 0) throw new Error(stderr);
      return path;
    },
    async close() {
      await Promise.all([db.close(), agent.close()]);
      await drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return testEnvironment;
}

/** The command line in this process. */
export async function audit(args: readonly string[], environment: Record<string, string>): Promise<Ended> {
  const [stdout, stderr] = [sink(), sink()];
  const code = await runCli(args, { environment, stdout: stdout.stream, stderr: stderr.stream });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function sink(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

/** The stand-alone verifier as whoever was given that one file runs it: alone in a folder, with nothing of ours around it. */
export async function standAlone(args: readonly string[], stdin?: Buffer): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'rcm-alone-'));
  try {
    copyFileSync(join(import.meta.dirname, 'verify-audit.mjs'), join(folder, 'verify-audit.mjs'));
    const child = spawn(process.execPath, [join(folder, 'verify-audit.mjs'), ...args], { cwd: folder, env: { PATH: process.env.PATH }, stdio: 'pipe' });
    const chunks: { stdout: string; stderr: string } = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (chunks.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (chunks.stderr += text));
    child.stdin.on('error', () => {}).end(stdin);
    const code = await new Promise<number>((resolve, reject) => child.once('error', reject).once('close', (ended) => resolve(ended ?? -1)));
    return { code, ...chunks };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const linesIn = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
