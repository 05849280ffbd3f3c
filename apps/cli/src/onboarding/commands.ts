import { type Command, Option } from 'commander';
import { IMPORT_FORMATS } from '../imports/formats.ts';
import type { Database } from '@rcm/db';
import type { EndpointAddOptions } from '../commands/endpoint-add.ts';
import type { EndpointMoveOptions } from '../commands/endpoint-move.ts';
import type { MovedOptions } from '../commands/endpoint-moved.ts';
import type { RetireOptions } from '../commands/endpoint-retire.ts';
import type { RetiredOptions } from '../commands/endpoint-retired.ts';
import type { OrgAddOptions } from '../commands/org-add.ts';
import type { OrgListOptions } from '../commands/org-list.ts';
import type { PersonOptions } from '../person.ts';
import type { Report } from '../report.ts';
import type { Terminal } from '../terminal.ts';

interface Running {
  readonly terminal: Terminal;
  readonly now: Date;
  looks(act: (db: Database) => Promise<Report>): Promise<void>;
  print(report: Report): void;
}

/** `org`, `endpoint`: customers and their logins as they come, without a password in Postgres, and as they go. */
export function addOnboarding(program: Command, { terminal, now, looks, print }: Running): void {
  const { environment } = terminal;
  const org = program.command('org').description('organizations');
  const endpoint = program.command('endpoint').description('logins as they come and go');
  addRetiring({ org, endpoint }, { terminal, now, looks, print });
  addMoving(endpoint, { terminal, now, looks, print });
  person(org.command('add').description('register an organization'))
    .argument('<id>', 'small letters, digits and dashes')
    .requiredOption('--name <name>', 'as people call it')
    .option('--parent <id>', 'the organization above it')
    .action(async (id: string, options: OrgAddOptions & PersonOptions) => {
      const [{ personOf }, { orgAdd }] = [await import('../person.ts'), await import('../commands/org-add.ts')];
      print(await orgAdd(environment, id, options, await personOf(options, environment)));
    });
  org
    .command('list')
    .description('organizations, by id')
    .option('--limit <n>', 'on a page', '100')
    .option('--after <id>', 'the next page')
    .action(async (options: OrgListOptions) => {
      const { orgList } = await import('../commands/org-list.ts');
      await looks((db) => orgList(db, options));
    });
  person(endpoint.command('add').description('register a login, its payload straight into the store, proved by one login'))
    .option('--org <id>', 'whose it is')
    .option('--portal <code>', 'portal type')
    .option('--account <id>', 'the last part of its path in the store')
    .option('--base-url <url>', 'on a host of the portal type (default: its first, by https)')
    .option('--id <id>', 'default: ORG-PORTAL-ACCOUNT')
    .option('--csv <file>', 'many: organization, portal_type, account, username, password, and id, base_url, mfa_seed; mode 0600')
    .addOption(new Option('--from <format>', 'many, out of another program’s export or store (docs/imports.md)').choices(IMPORT_FORMATS))
    .option('--file <file>', 'the export; mode 0600')
    .option('--prefix <text>', 'of secrets-manager: how the names of its secrets begin')
    .option('--mapping <file>', 'which of its logins are of which portal and organization')
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

/** What is left of a customer or a login that is used no more. */
function addRetiring({ org, endpoint }: { readonly org: Command; readonly endpoint: Command }, { terminal, now, looks, print }: Running): void {
  const { environment } = terminal;
  person(org.command('retire').description('retire every login of an organization'))
    .argument('<id>', 'organization')
    .option('--dry-run', 'say which, and do nothing')
    .action(async (id: string, options: RetireOptions & PersonOptions) => {
      const [{ personOf }, { orgRetire }] = [await import('../person.ts'), await import('../commands/endpoint-retire.ts')];
      const who = await personOf(options, environment);
      await looks((db) => orgRetire(db, id, options, who));
    });
  person(endpoint.command('retire').description('a login is used no more: nothing logs in, rotates or keeps it alive; its secret stays'))
    .argument('<id...>', 'endpoints')
    .option('--dry-run', 'say which, and do nothing')
    .action(async (ids: readonly string[], options: RetireOptions & PersonOptions) => {
      const [{ personOf }, { endpointRetire }] = [await import('../person.ts'), await import('../commands/endpoint-retire.ts')];
      const who = await personOf(options, environment);
      await looks((db) => endpointRetire(db, ids, options, who));
    });
  person(endpoint.command('reinstate').description('a retired login is used again, with the secret that it had'))
    .argument('<id>', 'endpoint')
    .action(async (id: string, options: PersonOptions) => {
      const [{ personOf }, { endpointReinstate }] = [await import('../person.ts'), await import('../commands/endpoint-reinstate.ts')];
      print(await endpointReinstate(environment, id, await personOf(options, environment)));
    });
  person(endpoint.command('removed').description('look whether the secret of a retired or moved login is gone where it lay, and note that it is'))
    .argument('<id...>', 'endpoints')
    .action(async (ids: readonly string[], options: PersonOptions) => {
      const [{ personOf }, { endpointRemoved }] = [await import('../person.ts'), await import('../commands/endpoint-removed.ts')];
      print(await endpointRemoved(environment, ids, await personOf(options, environment)));
    });
  endpoint
    .command('retired')
    .description('what is retired, where its secret lies still, and what removes one that was kept for long enough; exit code 1 while there is such a one')
    .option('--org <id>', 'of one organization')
    .option('--keep <span>', 'for how long a secret is kept', '90d')
    .option('--limit <n>', 'entries', '100')
    .option('--after <id>', 'the next page')
    .action(async (options: RetiredOptions) => {
      const { endpointRetired } = await import('../commands/endpoint-retired.ts');
      await looks((db) => endpointRetired(db, options, { now, replicaRegion: environment.RCM_AWS_REPLICA_REGION }));
    });
}

/** A login's secret in another account, region or store of the same deployment. */
function addMoving(endpoint: Command, { terminal, now, looks, print }: Running): void {
  const { environment } = terminal;
  person(endpoint.command('move').description('move a login’s secret to another account, region or store of this deployment, proved by one login there'))
    .argument('<id>', 'endpoint')
    .option('--to <account/region>', 'one of those that the deployment has (default: where it lies)')
    .addOption(new Option('--store <store>', 'default: the one it lies in').choices(['ssm', 'secrets-manager', 'vault']))
    .option('--unproved', 'spend no login on a proof')
    .action(async (id: string, options: EndpointMoveOptions & PersonOptions) => {
      const [{ personOf }, { endpointMove }] = [await import('../person.ts'), await import('../commands/endpoint-move.ts')];
      print(await endpointMove(environment, id, options, await personOf(options, environment)));
    });
  endpoint
    .command('moved')
    .description(
      'secrets that lie where no row names them, as logins were moved, and what removes one that was kept for long enough; exit code 1 while there is such a one',
    )
    .option('--org <id>', 'of one organization')
    .option('--keep <span>', 'for how long one is kept', '30d')
    .option('--limit <n>', 'entries', '100')
    .option('--after <place>', 'the next page')
    .action(async (options: MovedOptions) => {
      const { endpointMoved } = await import('../commands/endpoint-moved.ts');
      await looks((db) => endpointMoved(db, options, { now, replicaRegion: environment.RCM_AWS_REPLICA_REGION }));
    });
}
