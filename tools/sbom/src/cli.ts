import { type ExitCode, RcmError, sayFailed } from '@rcm/telemetry';
import { Command } from 'commander';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { billOfMaterials } from './bill.ts';
import { type Change, changesBetween } from './changes.ts';
import { licenceCounts, licenceProblems } from './licences.ts';
import { lockedPackages } from './lockfile.ts';

export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  /** Whose lockfile it is about. */
  readonly folder: string;
  /** Where the user stands. */
  readonly here: string;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** The command line; returns the exit code. */
export async function runSbom(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Command('sbom').exitOverride().configureOutput({ writeOut: terminal.out, writeErr: terminal.error });
  program
    .command('sbom')
    .description('write a bill of materials (CycloneDX) of package-lock.json; or say what changed in it')
    .option('--output <file>', 'write it there instead of to stdout')
    .option('--against <before>', 'say what changed since a git ref, or since another package-lock.json')
    .option('--json', 'what changed, as one JSON object')
    .action(async ({ output, against, json }: { output?: string; against?: string; json?: boolean }) => {
      if (against !== undefined) return void sayChanges(terminal, against, json ?? false);
      const bill = await billOfMaterials(terminal.folder, terminal.environment);
      if (output === undefined) terminal.out(bill);
      else writeFileSync(resolve(terminal.here, output), bill);
    });
  program
    .command('licences')
    .description('list the licences; exit code 1 where one is not on the list for what it is used for')
    .option('--json', 'print one JSON object')
    .action(({ json }: { json?: boolean }) => {
      exitCode = sayLicences(terminal, json ?? false);
    });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return sayFailed(error, { name: 'sbom', error: terminal.error });
  }
}

const ownLock = ({ folder }: Terminal): string => readFileSync(join(folder, 'package-lock.json'), 'utf8');

function sayLicences(terminal: Terminal, json: boolean): ExitCode {
  const packages = lockedPackages(ownLock(terminal));
  const [counts, problems] = [licenceCounts(packages), licenceProblems(packages)];
  if (json) terminal.out(`${JSON.stringify({ licences: counts, problems })}\n`);
  else {
    for (const { licence, shipped, tools } of counts)
      terminal.out(`${licence.padEnd(22)} ${String(shipped).padStart(5)} shipped ${String(tools).padStart(5)} tools\n`);
    for (const each of problems) terminal.out(`not allowed: ${each.package} (${each.use}): ${each.licence ?? 'its licence is not known'}\n`);
    if (problems.length > 0) terminal.out('Take another package, or extend the list in tools/sbom/src/licences.ts once a person has read the licence.\n');
  }
  return problems.length > 0 ? 1 : 0;
}

function sayChanges(terminal: Terminal, against: string, json: boolean): void {
  const changes = changesBetween(lockedPackages(lockOf(terminal, against)), lockedPackages(ownLock(terminal)));
  if (json) return void terminal.out(`${JSON.stringify({ changes })}\n`);
  for (const change of changes) terminal.out(`${describe(change)}\n`);
  terminal.out(`${changes.length} packages changed, ${changes.filter(({ alarms }) => alarms.length > 0).length} of them to be looked at.\n`);
}

function describe({ name, from, to, alarms }: Change): string {
  const what = from.length === 0 ? `new ${to.join(', ')}` : to.length === 0 ? `gone ${from.join(', ')}` : `${from.join(', ')} → ${to.join(', ')}`;
  return [`${name} ${what}`, ...alarms.map((alarm) => `  ! ${alarm}`)].join('\n');
}

function lockOf({ folder, here }: Terminal, against: string): string {
  const file = resolve(here, against);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  try {
    const args = ['show', '--end-of-options', `${against}:package-lock.json`];
    return execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1_048_576, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (cause) {
    throw new RcmError('input_invalid', 'There is no such file, and no commit of that name with a package-lock.json.', { cause });
  }
}
