import { readTraceConfig, type TraceConfig } from './config.ts';
import { identitiesOf } from './identities.ts';
import { describeTrace, jsonOf } from './report.ts';
import { type Database, openDatabase } from '@rcm/db';
import { type TraceQuestion, traceLogins } from '@rcm/db/fleet';
import { type ExitCode, RcmError, sayFailed, sayPlaintext } from '@rcm/telemetry';
import { Command, InvalidArgumentError, Option } from 'commander';

export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

interface Flags {
  readonly portalType?: string;
  readonly at?: Date;
  readonly user?: string;
  readonly within: number;
  readonly id?: string;
  readonly json?: boolean;
}

const HELP = `
Forwards: --portal-type, --at and --user are what a line of the portal's own log says. Back: --id of a task, a login, a rotation, a request or a lease
gives the moments between which the portal's log has its lines.
RCM_DATABASE_URL is that of the tables' owner; --user needs RCM_IDENTITY_KEY too (each also as a file, NAME_FILE).
Exit codes: 0 found, 1 nothing fits or it could not be asked, 2 wrong call or configuration.`;

/** The command line; returns the exit code. */
export async function runTrace(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const program = commandLine(terminal);
  try {
    program.parse([...args], { from: 'user' });
    const flags = program.opts<Flags>();
    const config = readTraceConfig(terminal.environment);
    sayPlaintext('audit-trace', config.RCM_PLAINTEXT);
    const db = openDatabase({ url: config.RCM_DATABASE_URL, applicationName: 'rcm-audit-trace', maxConnections: 1 });
    try {
      const traces = await traceLogins(db, await questionOf(db, config, flags));
      terminal.out(flags.json ? `${JSON.stringify({ traces: traces.map(jsonOf) })}\n` : traces.map(describeTrace).join('\n') || 'Nothing fits.\n');
      return traces.length > 0 ? 0 : 1;
    } finally {
      await db.close();
    }
  } catch (error) {
    return sayFailed(error, { name: 'audit-trace', error: terminal.error, json: args.includes('--json') ? terminal.out : undefined });
  }
}

async function questionOf(db: Database, config: TraceConfig, { id, portalType, at, user, within }: Flags): Promise<TraceQuestion> {
  const line = [portalType, at, user];
  if (id !== undefined && line.every((part) => part === undefined)) return { id };
  if (id !== undefined || portalType === undefined || at === undefined || user === undefined)
    throw new RcmError('input_invalid', 'Say either --id, or all of --portal-type, --at and --user.');
  return {
    portalTypeCode: portalType,
    at,
    loginIdentities: await identitiesOf(db, config, { portalTypeCode: portalType, username: user }),
    toleranceMs: within,
  };
}

function commandLine({ out, error }: Terminal): Command {
  return new Command('audit-trace')
    .description("From a line of a portal's own log to whoever asked for it, and back.")
    .option('--portal-type <code>', 'the portal whose log it is')
    .addOption(new Option('--at <time>', 'the time of the line, ISO 8601 with its zone').argParser(timeOf))
    .option('--user <name>', 'the user name of the line')
    .addOption(new Option('--within <ms>', "by how much the portal's clock may differ").argParser(wholeMs).default(2_000))
    .option('--id <uuid>', 'of a task, a login, a rotation, a request or a lease')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .configureOutput({ writeOut: out, writeErr: error })
    .exitOverride();
}

function timeOf(text: string): Date {
  const time = new Date(text);
  if (!/T.*(Z|[+-]\d\d:?\d\d)$/.test(text) || Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('must be ISO 8601 with its zone: 2026-11-26T14:03:19Z');
  return time;
}

function wholeMs(text: string): number {
  const ms = Number(text);
  if (!Number.isInteger(ms) || ms < 0 || ms > 3_600_000) throw new InvalidArgumentError('must be a whole number of milliseconds, an hour at most');
  return ms;
}
