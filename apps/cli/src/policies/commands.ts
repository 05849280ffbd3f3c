import { type Command, Option } from 'commander';
import type { PoliciesOptions } from '../commands/policies.ts';
import type { VaultPoliciesOptions } from '../commands/vault-policies.ts';
import type { Terminal } from '../terminal.ts';

/** `policies aws | vault`: what keeps tenants apart, as files for whoever deploys it by other means. */
export function addPolicies(program: Command, { stdout }: Pick<Terminal, 'stdout'>): void {
  const policies = program.command('policies').description('what keeps tenants apart outside of this code, to be deployed by other means');
  policies
    .command('aws')
    .description('IAM roles with their trust and policy, the key policy, and the guardrail for the account')
    .requiredOption('--account <account>', 'twelve digits')
    .requiredOption('--region <name...>', 'where secrets lie: the first is written, others hold copies')
    .requiredOption('--environment <name>', 'as in RCM_ENVIRONMENT')
    .option('--partition <name>', 'aws, aws-us-gov, aws-cn (default: the one that the regions are in)')
    .option('--dedicated <app:org...>', 'an app that serves one organization alone: agent:mercy')
    .option('--heads-bucket <name>', 'where `audit heads run` writes to')
    .option('--heads-prefix <path>', 'below that, ending with a slash')
    .option('--heads-key <arn>', 'the KMS key that signs them')
    .addOption(new Option('--people <role...>', 'roles that people become, with a second factor').choices(['breakGlass', 'auditor', 'devAdmin']))
    .option('--store-account <account...>', 'further accounts that hold secrets, where the tasks become tenants too')
    .option('--tasks-account <account>', '--account is such a further account: the tasks are in this one')
    .addOption(new Option('--format <format>', 'terraform: resources of its AWS provider').choices(['json', 'terraform']).default('json'))
    .action(async (options: PoliciesOptions) => {
      const { awsPolicies } = await import('../commands/policies.ts');
      stdout.write(awsPolicies(options));
    });
  policies
    .command('vault')
    .description('of each organization the policies of its three AppRoles')
    .requiredOption('--mount <name>', 'of the KV secrets engine, version 2')
    .requiredOption('--environment <name>', 'as in RCM_ENVIRONMENT')
    .requiredOption('--tenant <org...>', 'organizations')
    .option('--transit-mount <name>', 'of the transit engine', 'transit')
    .action(async (options: VaultPoliciesOptions) => {
      const { vaultPolicies } = await import('../commands/vault-policies.ts');
      stdout.write(vaultPolicies(options));
    });
}
