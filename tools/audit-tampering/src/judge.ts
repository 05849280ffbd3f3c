import { spawn } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuditVerifier, headKey, linesOf, type Report } from '@rcm/audit/verify-audit';
import { endOf, temporaryFolder } from '@rcm/test-services';
import type { Evidence } from './trail.ts';

/** What the verifier's own code says in this process: thousands of new processes would take an hour. */
export async function judge(evidence: Evidence, publicKey: string): Promise<Report> {
  const verifier = new AuditVerifier({ keys: [headKey(publicKey)], ...(evidence.orgs ? { orgs: evidence.orgs } : {}) });
  for (const heads of evidence.heads) for await (const { line, ...place } of linesOf([heads])) verifier.takeHead(line, { from: 'heads', ...place });
  for await (const { line, complete } of linesOf([evidence.export])) verifier.takeEvent(line, { complete });
  return verifier.report();
}

/** What the file says that is given to others, alone in a folder and as a process of its own. */
export async function judgeAlone(evidence: Evidence, publicKey: string): Promise<{ readonly code: number | null; readonly report: Report }> {
  await using folder = await temporaryFolder('judge');
  const file = (name: string, content: string | Buffer): string => {
    writeFileSync(join(folder.path, name), content);
    return join(folder.path, name);
  };
  copyFileSync(fileURLToPath(import.meta.resolve('@rcm/audit/verify-audit')), join(folder.path, 'verify-audit.mjs'));
  const args = [
    ...['--export', file('export.ndjson', evidence.export), '--key', file('key.pem', publicKey), '--json'],
    ...evidence.heads.flatMap((heads, index) => ['--heads', file(`heads-${index}.ndjson`, heads)]),
    ...(evidence.orgs ?? []).flatMap((org) => ['--org', org]),
  ];
  const child = spawn(process.execPath, [join(folder.path, 'verify-audit.mjs'), ...args], { cwd: folder.path, stdio: ['ignore', 'pipe', 'inherit'] });
  const { code, stdout } = await endOf(child);
  const { version, ...report } = JSON.parse(stdout) as Report & { readonly version: number };
  if (version !== 1) throw new Error(`the report is of version ${version}`);
  return { code, report };
}
