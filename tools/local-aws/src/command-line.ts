import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { writeCredentialsFile, writeTaskTokens } from './credentials-file.ts';
import type { Enforcement } from './policies/documents.ts';
import { type Output, stopSignal } from './process.ts';
import { StartError } from './start-error.ts';
import { type LocalAws, startLocalAws } from './start.ts';

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly dataFile?: string;
  readonly credentialsFile?: string;
  readonly accountId?: string;
  readonly region?: string;
  readonly quotaReads?: number;
  readonly quotaWrites?: number;
  readonly policies?: string;
  readonly taskTokens?: string;
}

/** Exit codes: 0 stopped by SIGTERM or SIGINT (or help was shown), 1 cannot start, 2 the command line is wrong. */
export async function runCommandLine(argv: readonly string[], output: Output): Promise<number> {
  const program = commandLine(output);
  try {
    program.parse(argv);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  try {
    const flags = program.opts<Flags>();
    const enforce = flags.policies === undefined ? undefined : readPolicies(flags.policies);
    const aws = await startLocalAws({ ...optionsOf(flags, output), enforce });
    const stopped = stopSignal();
    await announce(aws, flags, enforce?.roles.map(({ name }) => name) ?? [], output);
    await stopped;
    await aws.close();
    return 0;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    output.error(`local-aws: ${error.message}\n`);
    return error.code === 'options_invalid' ? 2 : 1;
  }
}

function commandLine({ out, error }: Output): Command {
  return new Command('local-aws')
    .description('SSM Parameter Store, Secrets Manager, KMS, STS and SNS on this machine, for the unmodified AWS SDK.')
    .addOption(new Option('--port <number>', 'port to listen on; 0 takes any free one').default(0).argParser(wholeNumber(0, 65_535)))
    .addOption(new Option('--host <address>', 'address to listen on').default('127.0.0.1'))
    .option('--data-file <path>', 'where everything is kept (keys lie beside it in <path>.hsm); without it, in memory')
    .option('--credentials-file <path>', 'write the access key of the base user there, as an AWS shared credentials file of mode 600')
    .option('--policies <path>', 'JSON file with roles and a key policy; every call is then decided by them (needs @cloud-copilot/iam-simulate)')
    .option('--task-tokens <folder>', 'write a token per role of --policies there, mode 600: a process that shows it is given the keys of that role')
    .option('--account-id <digits>', 'account to play (default: 123456789012)')
    .option('--region <name>', 'region to play (default: us-east-1)')
    .addOption(new Option('--quota-reads <number>', 'Parameter Store reads a second (AWS: 40); more are throttled').argParser(wholeNumber(1, 100_000)))
    .addOption(new Option('--quota-writes <number>', 'PutParameter calls a second (AWS: 3); more are throttled').argParser(wholeNumber(1, 100_000)))
    .addHelpText('after', '\nPrints one line of JSON on standard output when it is ready; stops on SIGTERM.')
    .configureOutput({ writeOut: out, writeErr: error })
    .exitOverride();
}

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };

function optionsOf(flags: Flags, { error: report }: Output): Parameters<typeof startLocalAws>[0] {
  const { port, host, dataFile, accountId, region, quotaReads, quotaWrites } = flags;
  return {
    ...{ port, host, dataFile, accountId, region },
    quotas: { reads: quotaReads, writes: quotaWrites },
    onInternalError: (error) => report(`local-aws: ${error instanceof Error ? error.message : String(error)}\n`),
  };
}

/** Whether they are policies is for `startLocalAws` to say. Errors: StartError `options_invalid`. */
function readPolicies(path: string): Enforcement {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Enforcement;
  } catch (error) {
    throw new StartError('options_invalid', `The policies in ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

/** The ready line. Keys are never printed: they go into the credentials file, or nowhere. */
async function announce(aws: LocalAws, { credentialsFile, taskTokens }: Flags, roles: readonly string[], { out }: Output): Promise<void> {
  try {
    if (credentialsFile !== undefined) writeCredentialsFile(credentialsFile, aws.credentials);
    if (taskTokens !== undefined) writeTaskTokens(taskTokens, roles, (role) => aws.taskToken(role));
  } catch (error) {
    await aws.close();
    throw error;
  }
  const { endpoint, region, accountId, kmsKeyArn, kmsAliasArn } = aws;
  const tenantRoles = { agent: aws.tenantRoleArn('agent'), rotator: aws.tenantRoleArn('rotator'), migrator: aws.tenantRoleArn('migrator') };
  out(
    `${JSON.stringify({ endpoint, region, accountId, kmsKeyArn, kmsAliasArn, tenantRoles, credentialsFile: credentialsFile ?? null, taskCredentials: `${endpoint}/_local/task-credentials` })}\n`,
  );
}
