import { Command, CommanderError, Option } from 'commander';
import { createLogger, type ExitCode, explain, plainWords, printable, RcmError, systemClock } from '@rcm/telemetry';
import { type CalledAs, callAs } from '@rcm/telemetry/called-as';
import { guardInput } from '@rcm/telemetry/command-line';
import { jsonError, jsonLine } from '@rcm/telemetry/json-shape';
import { exportAudit } from './commands/export.ts';
import { headsList } from './commands/heads-list.ts';
import { openChecks } from './checks/checks.ts';
import { headsRun } from './commands/heads-run.ts';
import { headsWrite } from './commands/heads-write.ts';
import { STREAM_FORMATS, streamAudit, type StreamFormat } from './commands/stream.ts';
import { headsFrom, keyOf, verifyAudit } from './commands/verify.ts';
import { EXPORT_FORMATS, type ExportFormat } from './formats/formats.ts';
import { type AuditConfig, readAuditConfig, readHeadsConfig } from './config.ts';
import type { Report } from './report.ts';
import { openDestination, openHeadWriter, openServices, openSigner, openSources, type Services } from './services.ts';

export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** How another program calls it. */
  readonly as?: CalledAs;
}

interface Context {
  readonly config: AuditConfig;
  readonly services: Services;
  readonly signal: AbortSignal;
}
type Role = Parameters<typeof openServices>[1];
/** Runs an act under a role with a report to print, `null` where it has printed everything itself. */
type Does = (role: Role, act: (context: Context) => Promise<Report | null>) => Promise<void>;

const AFTER_HELP = `
What a head is, how an export is checked without this program, and who holds which key: docs/audit.md.
Exit codes: 0 done and nothing wrong, 1 something is wrong or could not be done, 2 wrong call or configuration.`;

/** The command line; returns the exit code. The result goes to stdout, logs and errors to stderr. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const json = argv.includes('--json');
  const print = ({ json: object, lines, complete }: Report): void => {
    terminal.stdout.write(json ? jsonLine(object) : `${lines.map(printable).join('\n')}\n`);
    exitCode = complete ? 0 : 1;
  };
  const does: Does = async (role, act) => {
    const report = await perform(terminal, role, act);
    if (report) print(report);
  };
  try {
    const program = commands(terminal, does, print);
    if (terminal.as) callAs(program, terminal.as);
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const {
      exitCode: code,
      code: name,
      sentence,
    } = error instanceof CommanderError
      ? { exitCode: 2 as const, code: 'input_invalid', sentence: plainWords(error.message).replace(/^error: /, '') }
      : explain(error, createLogger({ name: 'audit' }));
    // Commander has written its own errors.
    if (!(error instanceof CommanderError)) terminal.stderr.write(`${sentence}\n`);
    if (json) terminal.stdout.write(`${JSON.stringify(jsonError(name, sentence))}\n`);
    return code;
  }
}

function commands(terminal: Terminal, does: Does, print: (report: Report) => void): Command {
  const program = guardInput(new Command('audit'))
    .description(
      'Signs where each audit chain stands and keeps that outside the database; exports the trail; checks it. Of the database it writes nothing but how a check ended that somebody asked for in the console.',
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => void terminal.stdout.write(text), writeErr: (text) => void terminal.stderr.write(text) })
    .addHelpText('after', AFTER_HELP);
  const command = (under: Command, name: string, description: string) => under.command(name).description(description).option('--json', 'print one JSON object');
  const heads = program.command('heads').description('signed statements of how long each chain is and with which hash it ends');
  command(heads, 'write', 'sign the end of every chain now and write it to every sink').action(() => does('rcm_head_writer', writeOnce));
  heads
    .command('run')
    .description('the same at an interval, until SIGTERM; an endpoint says how it is')
    .action(() => does('rcm_head_writer', runUntilStopped));
  command(heads, 'list', 'the longest head of each chain in each sink that can be read; verifies nothing').action(async () => {
    const opened = openSources(readHeadsConfig(terminal.environment));
    if (opened.length === 0) throw new RcmError('config_invalid', 'No place that heads are read from: set RCM_AUDIT_HEADS_FILE or RCM_AUDIT_BUCKET.');
    print(await closing(opened, (sources) => headsList(sources, new AbortController().signal)));
  });
  command(program, 'key', 'print the public key that verifiers need, and its id').action(async () => {
    const { id, pem } = await closing([openSigner(readHeadsConfig(terminal.environment))], ([signer]) => signer.publicKey(new AbortController().signal));
    print({ json: { id, pem }, lines: [`# ${id}`, ...pem.trimEnd().split('\n')], complete: true });
  });
  command(program, 'export', 'write every event: as a line of JSON that can be checked, or for a program that collects')
    .requiredOption('--output <file>', 'where to; - is stdout')
    .option('--org <id>', 'this organization alone; may be repeated', repeated, [])
    .addOption(new Option('--format <format>', 'ndjson is what `verify-audit.mjs` checks').choices(EXPORT_FORMATS).default('ndjson'))
    .action(({ output, org, format }: { output: string; org: string[]; format: ExportFormat }) =>
      does('rcm_auditor', async ({ services, signal }) => {
        const report = await exportAudit({ db: services.db, to: output === '-' ? terminal.stdout : output, orgIds: org, format, signal });
        return output === '-' ? null : report;
      }),
    );
  program
    .command('stream')
    .description('send every event, and each further one, to a file or syslog, from the place that is kept in a file; until SIGTERM')
    .requiredOption('--to <file>', 'what is appended to; or tls://host:port or unix:/path of syslog')
    .requiredOption('--place <file>', 'where it is kept how far the stream is; made where it is not there')
    .option('--org <id>', 'this organization alone; may be repeated', repeated, [])
    .addOption(new Option('--format <format>', 'of each line, as of export').choices(STREAM_FORMATS).default('ndjson'))
    .option('--once', 'end when everything that is there was sent')
    .option('--json', 'print one JSON object at the end')
    .action(({ to, place, org, format, once = false }: { to: string; place: string; org: string[]; format: StreamFormat; once?: boolean }) =>
      does('rcm_auditor', ({ config, services, signal }) => {
        const stream = { ...services, orgIds: org, format, destination: openDestination(config, to), placeFile: place, clock: systemClock, signal };
        return streamAudit({ ...stream, until: once ? 'all is sent' : 'stopped', deadlineMs: config.RCM_AUDIT_DEADLINE_MS });
      }),
    );
  command(program, 'verify', 'check every chain in the database against the heads')
    .option('--heads <file>', 'a file of heads, beside those of the sinks; may be repeated', repeated, [])
    .option('--key <file>', 'a public key (PEM), beside those configured; may be repeated', repeated, [])
    .option('--org <id>', 'this organization alone; may be repeated', repeated, [])
    .action((options: { heads: string[]; key: string[]; org: string[] }) => does('rcm_auditor', (context) => verify(context, options)));
  return program;
}

const repeated = (value: string, before: readonly string[]): string[] => [...before, value];

async function writeOnce({ config, services, signal }: Context): Promise<Report> {
  const { writer, close } = openHeadWriter(config, services);
  try {
    return await headsWrite(writer, signal);
  } finally {
    close();
  }
}

async function runUntilStopped({ config, services, signal }: Context): Promise<null> {
  const [{ writer, close }, checks] = [openHeadWriter(config, services), openChecks(config, services)];
  try {
    // Both end with the signal; where one fails, the other is told to.
    const failed = new AbortController();
    const until = AbortSignal.any([signal, failed.signal]);
    const running = [headsRun({ config, services, writer, clock: systemClock, signal: until }), checks?.run(systemClock, until)];
    const ended = await Promise.allSettled(
      running.map(async (each) => {
        try {
          await each;
        } catch (error) {
          failed.abort();
          throw error;
        }
      }),
    );
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
    return null;
  } finally {
    close();
    await checks?.close();
  }
}

async function verify({ config, services, signal }: Context, { heads, key, org }: { heads: string[]; key: string[]; org: string[] }): Promise<Report> {
  const keys = [...config.RCM_AUDIT_PUBLIC_KEYS, ...key];
  if (keys.length === 0) throw new RcmError('config_invalid', 'No public key to check heads with: give --key, or set RCM_AUDIT_PUBLIC_KEYS.');
  return closing(openSources(config), (opened) => {
    const sources = [...opened, ...heads.map(headsFrom)];
    if (sources.length === 0) throw new RcmError('config_invalid', 'No heads to check against: give --heads, or set RCM_AUDIT_HEADS_FILE or RCM_AUDIT_BUCKET.');
    return verifyAudit({ db: services.db, sources, keys: keys.map(keyOf), orgIds: org, signal });
  });
}

async function closing<const Opened extends readonly { close(): void }[], T>(opened: Opened, act: (opened: Opened) => Promise<T>): Promise<T> {
  try {
    return await act(opened);
  } finally {
    for (const each of opened) each.close();
  }
}

async function perform(terminal: Terminal, role: Role, act: (context: Context) => Promise<Report | null>): Promise<Report | null> {
  const config = readAuditConfig(terminal.environment);
  const services = openServices(config, role);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await act({ config, services, signal: stop.signal });
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await services.close();
  }
}
