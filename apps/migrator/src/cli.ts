import { recordAuditEventForAll } from '@rcm/db';
import { createLogger, type ExitCode, printable } from '@rcm/telemetry';
import { type CalledAs, callAs } from '@rcm/telemetry/called-as';
import { jsonError, jsonLine } from '@rcm/telemetry/json-shape';
import { type MigratorConfig, readMigratorConfig } from './config.ts';
import { explain } from './failure.ts';
import type { Ended, EndedRow, Migration } from './migration.ts';
import type { ProgressStream } from './progress.ts';
import { commands } from './program.ts';
import type { Call } from './call.ts';
import type { Report } from './report.ts';
import { asRun, createCounts, type Counts, filterOfRun } from './runs.ts';
import { openMigration } from './services.ts';
import { stopOnSignals } from './stop.ts';

export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: ProgressStream;
  /** How another program calls it. */
  readonly as?: CalledAs;
}

/** What stdout holds: words, one JSON object, or a line of JSON for each endpoint and the object last. */
type Output = 'words' | 'json' | 'lines';

/** The command line; returns the exit code. The result goes to stdout, progress and errors to stderr. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const output: Output = argv.includes('--json-lines') ? 'lines' : argv.includes('--json') ? 'json' : 'words';
  let exitCode: ExitCode = 0;
  try {
    const program = commands(async (call) => void (exitCode = await perform(call, terminal, output)), terminal);
    if (terminal.as) callAs(program, terminal.as);
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    const { exitCode: code, code: name, sentence, said } = explain(error, createLogger({ name: 'migrator' }));
    if (!said) terminal.stderr.write(`${sentence}\n`);
    if (code !== 0 && output !== 'words') terminal.stdout.write(`${JSON.stringify(jsonError(name, sentence))}\n`);
    return code;
  }
}

async function perform(call: Call, terminal: Terminal, output: Output): Promise<ExitCode> {
  const config = readMigratorConfig(call.environment?.(terminal.environment) ?? terminal.environment);
  const stop = stopOnSignals();
  const counts = createCounts();
  const onEnd = (ended: Ended | EndedRow): void => {
    counts.note(ended);
    if (output === 'lines') terminal.stdout.write(lineOf(ended));
  };
  const { vocabulary, filter } = call;
  const migration = openMigration(config, { stop, stderr: terminal.stderr, vocabulary, filter, onEnd, endpoints: output === 'lines' ? 'told' : 'listed' });
  try {
    await migration.db.ping();
    const report = await act({ ...call, onStopAsked: stop.begin }, migration, config, counts);
    terminal.stdout.write(output === 'words' ? `${report.lines.map(printable).join('\n')}\n` : jsonLine(report.json));
    return report.complete ? 0 : 1;
  } finally {
    stop.dispose();
    await migration.close();
  }
}

/** Who asked for it stands in the book of runs, and in each organization's audit trail, before it does anything. */
async function act(
  { run, who, resume, begun, does, onStopAsked }: Call & { readonly onStopAsked: () => void },
  asked: Migration,
  config: MigratorConfig,
  counts: Counts,
): Promise<Report> {
  const migration =
    resume === undefined || !run ? asked : { ...asked, filter: await filterOfRun(asked.db, { id: resume, command: run, source: asked.filter.source }) };
  const person = who ? await who(config) : null;
  const work = async (): Promise<Report> => {
    if (begun && person) await recordAuditEventForAll(migration.db, { ...person, action: begun, subject: 'every endpoint' });
    return does(migration, config, person);
  };
  return run ? asRun(migration, { command: run, person, onStopAsked }, counts, work) : work();
}

const lineOf = (ended: Ended | EndedRow): string => ('row' in ended ? lineOfRow(ended) : lineOfEndpoint(ended));

const lineOfEndpoint = ({ endpointId, orgId, outcome, code, class: kind }: Ended): string =>
  jsonLine({ endpoint: endpointId, organization: orgId, outcome, ...(code === undefined ? {} : { code, class: kind }) });

/** What is not there is left out. */
const lineOfRow = ({ row, id, outcome, endpointId: endpoint, orgId: organization, code, column }: EndedRow): string =>
  jsonLine({ row, id, outcome, endpoint, organization, code, column });
