import { createLogger, explain, type ExitCode, RcmError } from '@rcm/telemetry';
import { jsonError, jsonLine } from '@rcm/telemetry/json-shape';
import { Command, CommanderError } from 'commander';

export interface Terminal {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

const HELP = `
Nothing is looked up and nobody is asked: the same file gives the same templates, with no credentials and no network.
Every member of the file, and how the templates are deployed: docs/credential-infrastructure.md, docs/deploy.md.
Exit codes: 0 done, 1 something could not be done, 2 wrong call or configuration.`;

/** The command line; returns the exit code. */
export async function runInfra(args: readonly string[], { out, error }: Terminal): Promise<ExitCode> {
  const program = new Command('infra')
    .description('The AWS stack, as CloudFormation templates.')
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: error });
  program
    .command('synth')
    .description('write a template for each stack, in the order of deployment')
    .requiredOption('--config <file>', 'infra.yaml, whose folder its portal types are found from')
    .requiredOption('--output <folder>', 'where the templates are written')
    .option('--environment <name>', 'only this one')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(async (options: { config: string; output: string; environment?: string; json?: boolean }) => {
      const { synthesise } = await import('./synth.ts');
      const stacks = synthesise(options);
      if (stacks.length === 0) throw new RcmError('input_invalid', `${options.config} has no environment "${options.environment ?? ''}". Nothing was written.`);
      if (options.json) return void out(jsonLine({ stacks }));
      for (const { name, account, region, template, resources } of stacks) out(`${name} (${account}, ${region}): ${resources} resources in ${template}\n`);
    });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (failure) {
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 2;
    const { exitCode, code, sentence } = explain(failure, createLogger({ name: 'infra', level: 'error' }));
    error(`${sentence}\n`);
    if (args.includes('--json')) out(jsonLine(jsonError(code, sentence)));
    return exitCode;
  }
}
