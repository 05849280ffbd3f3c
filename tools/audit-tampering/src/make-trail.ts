import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runCli } from '@rcm/audit';
import type { AuditLine, Head } from '@rcm/audit/verify-audit';
import { openDatabase, recordAuditEvent } from '@rcm/db';
import { upsertOrganization } from '@rcm/db/admin';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { freshDatabase, temporaryFolder } from '@rcm/test-services';
import type { Random } from './random.ts';
import type { Trail } from './trail.ts';

const TEXTS = ['', 'because', 'wegen „ä“ 🔑', 'line\nbreak \u2028 "quoted" \\ \u0001', 'x'.repeat(3_000), '{"actor":"nobody"}', ' ', 'unread \ufffd'] as const;

/**
 * A trail as a deployment leaves it: events that an app writes into Postgres, heads that `audit heads write` signs between them, the export of
 * `audit export`. Some organizations have no head, and every chain may have grown since its last.
 */
export async function makeTrail(random: Random, { server }: { readonly server?: string } = {}): Promise<Trail> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await temporaryFolder('trail'));
  const { url } = opened.adopt(await freshDatabase({ migrate: migrateWithLogins, ...(server === undefined ? {} : { server }) }), (each) => each.drop());
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder.path, name), text, { mode: 0o600 });
    return join(folder.path, name);
  };
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyPem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const [heads, exported] = [join(folder.path, 'heads.ndjson'), join(folder.path, 'export.ndjson')];
  const environment = { RCM_LOG_LEVEL: 'silent', RCM_AUDIT_HEADS_FILE: heads, RCM_AUDIT_SIGNING_KEY_FILE: file('key.pem', keyPem) };
  const as = (role: 'rcm_auditor' | 'rcm_head_writer') => ({ ...environment, RCM_DATABASE_URL_FILE: file(role, urlFor(role, url)) });
  const open = (options: Parameters<typeof openDatabase>[0]) => opened.adopt(openDatabase(options), (db) => db.close());
  const admin = open({ url, applicationName: 'tampering' });
  const app = open({ url: urlFor('rcm_agent', url), applicationName: 'agent', role: 'rcm_agent' });
  const orgs = Array.from({ length: 3 + random.int(4) }, (_, index) => `org-${index}-${random.hex(3)}`);
  for (const id of orgs) await upsertOrganization(admin, { id, name: id });
  const rounds = 2 + random.int(3);
  for (let round = 0; round <= rounds; round += 1) {
    // The last is written to in the last round alone: no head knows it.
    for (const org of round === rounds ? orgs : orgs.slice(0, -1))
      for (let left = random.int(9) + (round === 0 ? 2 : 0); left > 0; left -= 1) await recordAuditEvent(app, event(org, random));
    if (round < rounds) await run(['heads', 'write'], as('rcm_head_writer'));
  }
  await run(['export', '--output', exported], as('rcm_auditor'));
  const chains = new Map<string, AuditLine[]>();
  for (const line of linesOf<AuditLine>(exported)) chains.set(line.org_id, [...(chains.get(line.org_id) ?? []), line]);
  return { chains, heads: linesOf<Head>(heads), publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })), signingKey: createPrivateKey(keyPem) };
}

const event = (orgId: string, random: Random) => ({
  orgId,
  actor: random.pick(['web-agent@host-1:12', 'agent@host-2:7', 'token:jane', 'terminal:joe']),
  action: random.pick(['credential.read', 'endpoint.migrated', 'rotation.requested']),
  subject: `endpoint-${random.int(5)}`,
  reason: random.pick(TEXTS),
  details: random.pick([{}, { version: '1', tries: 1.5 }, { b: [null, true], a: 'ä🔑' }]),
});

const linesOf = <T>(path: string): T[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

async function run(args: readonly string[], environment: Record<string, string>): Promise<void> {
  let said = '';
  const into = () => new Writable({ write: (chunk: Buffer, _encoding, done) => done((said += chunk.toString()) === '' ? null : undefined) });
  const code = await runCli(args, { environment, stdout: into(), stderr: into() });
  if (code !== 0) throw new Error(`audit ${args.join(' ')} ended with ${code}: ${said}`);
}
