import type { Command } from 'commander';
import type { EndpointAddOptions } from '../commands/endpoint-add.ts';
import type { OrgAddOptions } from '../commands/org-add.ts';
import type { PersonOptions } from '../person.ts';
import type { Report } from '../report.ts';
import type { Terminal } from '../terminal.ts';

interface Running {
  readonly terminal: Terminal;
  print(report: Report): void;
}

/** `org add`, `endpoint add`: new customers and their logins, without a password in Postgres. */
export function addOnboarding(program: Command, { terminal, print }: Running): void {
  const { environment } = terminal;
  person(program.command('org').description('organizations').command('add').description('register an organization'))
    .argument('<id>', 'small letters, digits and dashes')
    .requiredOption('--name <name>', 'as people call it')
    .option('--parent <id>', 'the organization above it')
    .action(async (id: string, options: OrgAddOptions & PersonOptions) => {
      const [{ personOf }, { orgAdd }] = [await import('../person.ts'), await import('../commands/org-add.ts')];
      print(await orgAdd(environment, id, options, await personOf(options, environment)));
    });
  person(
    program
      .command('endpoint')
      .description('logins that are new')
      .command('add')
      .description('register a login, its payload straight into the store, proved by one login'),
  )
    .option('--org <id>', 'whose it is')
    .option('--portal <code>', 'portal type')
    .option('--account <id>', 'the last part of its path in the store')
    .option('--base-url <url>', 'on a host of the portal type (default: its first, by https)')
    .option('--id <id>', 'default: ORG-PORTAL-ACCOUNT')
    .option('--csv <file>', 'many: organization, portal_type, account, username, password, and id, base_url, mfa_seed; mode 0600')
    .option('--unproved', 'spend no login on a proof')
    .option('--dry-run', 'check every row and do nothing')
    .action(async (options: EndpointAddOptions & PersonOptions) => {
      const [{ personOf }, { endpointAdd }] = [await import('../person.ts'), await import('../commands/endpoint-add.ts')];
      const stop = new AbortController();
      const onSignal = () => stop.abort();
      process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
      try {
        print(await endpointAdd(environment, options, await personOf(options, environment), stop.signal));
      } finally {
        process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
      }
    });
}

const person = (command: Command): Command =>
  command.option('--reason <text>', 'why, for the audit trail').option('--actor <name>', 'what you call yourself, beside who signed in');
