import { backupPlace } from '../backup/open-place.ts';
import { backupCommand } from './backup.ts';
import { type AddCommand, personalAct, type RunCommand } from './command.ts';
import { copiesCommand } from './copies.ts';
import { type Output, person, type Person } from './options.ts';
import { restoreCommand } from './restore.ts';

/** For the day on which a store, its key or its account is gone (docs/disaster.md). */
export function addBackups(command: AddCommand, run: RunCommand): void {
  person(command('copies', 'compare the copies in the second region with the secrets, and mend those that are behind')).action((options: Output & Person) =>
    run(options, async (context, config) => copiesCommand(context, await personalAct(options, config))),
  );
  person(command('backup', 'write every login as its store holds it into a file for each organization, sealed to RCM_BACKUP_RECIPIENTS'))
    .requiredOption('--out <where>', 'where the files go: a folder, made where it is missing, or s3://BUCKET/PREFIX')
    .option('--org <id>', 'of this organization alone')
    .action((options: Output & Person & { out: string; org?: string }) =>
      run(options, async (context, config) => {
        const { RCM_AWS_REGION: region, RCM_AWS_ENDPOINT: endpoint, RCM_BACKUP_RECIPIENTS: recipients = [] } = config;
        const place = await backupPlace(options.out, { region, endpoint, signal: context.signal });
        try {
          return await backupCommand(context, { ...(await personalAct(options, config)), place, orgId: options.org ?? null, recipients });
        } finally {
          place.close();
        }
      }),
    );
  person(command('restore', 'put logins whose secret is gone back as a backup has them; overwrites nothing'))
    .argument('<file>', 'what `rotator backup` wrote')
    .requiredOption('--identity <file>', 'the identity that it was sealed to, as age-keygen writes it')
    .option('--accept-unknown', 'also a file without the mark of an identity key that is known here: you answer for it')
    .option('--dry-run', 'read the whole file, compare it with the store, and change nothing')
    .action((file: string, options: Output & Person & { identity: string; acceptUnknown?: boolean }) =>
      run(options, async (context, config) =>
        restoreCommand(context, {
          ...(await personalAct(options, config)),
          file,
          identity: options.identity,
          acceptUnknown: options.acceptUnknown ?? false,
          dryRun: options.dryRun ?? false,
        }),
      ),
    );
}
