import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { startDemoPortals } from './demo-portals.ts';
import { DemoPortalsError } from './error.ts';

interface Flags {
  readonly dataFile?: string;
  readonly portAlpine: number;
  readonly portBorealis: number;
  readonly portCascade: number;
  readonly portControl: number;
}

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
  return port;
}

const command = new Command('demo-portals')
  .description('Three payer portals to practise on, and their control port, on loopback.\nPrints one JSON line when ready; ends on SIGTERM or SIGINT.')
  .option('--data-file <file>', 'where the portals keep accounts, sessions and counts (default: in memory)')
  .option('--port-alpine <port>', 'port of alpine; 0: the one of the last time, or a free one', parsePort, 0)
  .option('--port-borealis <port>', 'port of borealis', parsePort, 0)
  .option('--port-cascade <port>', 'port of cascade', parsePort, 0)
  .option('--port-control <port>', 'control port', parsePort, 0)
  .allowExcessArguments(false)
  .exitOverride()
  .action(serve);

async function serve(flags: Flags): Promise<void> {
  const portals = await startDemoPortals({
    ...(flags.dataFile === undefined ? {} : { dataFile: flags.dataFile }),
    ports: { alpine: flags.portAlpine, borealis: flags.portBorealis, cascade: flags.portCascade, control: flags.portControl },
  });
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    // Started with an IPC channel, the portals end with whoever started them.
    process.once('disconnect', () => resolve());
  });
  process.stdout.write(`${JSON.stringify({ portals: portals.portals, control: portals.control })}\n`);
  await ended;
  await portals.close();
}

try {
  await command.parseAsync();
} catch (error) {
  // Commander has already said what is wrong.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  else {
    process.stderr.write(`${error instanceof DemoPortalsError ? error.message : `The demo portals failed: ${(error as Error).message}`}\n`);
    process.exitCode = EXIT_FAILED;
  }
}
