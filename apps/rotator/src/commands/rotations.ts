import { Option } from 'commander';
import { type AddCommand, personalAct, type RunCommand } from './command.ts';
import { type Output, person, type Person } from './options.ts';
import { resolveCommand } from './resolve.ts';
import { ACCEPTABLE, type ResolveOptions } from './resolve-options.ts';
import { rollbackCommand } from './rollback.ts';
import { recoverCommand, rotateCommand, rotateDueCommand } from './rotate.ts';

/** Rotations that are begun, gone on with or decided by hand. */
export function addRotations(command: AddCommand, run: RunCommand): void {
  command('once', 'rotate everything that is due now, then end')
    .option('--dry-run', 'say what is due and change nothing')
    .action((options: Output) => run(options, (context, config) => rotateDueCommand(context, { dryRun: options.dryRun ?? false, config })));
  person(command('rotate', 'rotate one login now, or go on with its open attempt'))
    .requiredOption('--endpoint <id>', 'the endpoint whose login to rotate')
    .addOption(new Option('--kind <kind>', 'compromise: the password is known to others').choices(['demand', 'compromise']).default('demand'))
    .option('--dry-run', 'say whether it would start and change nothing')
    .action((options: Output & Person & { endpoint: string; kind: 'demand' | 'compromise' }) =>
      run(options, async (context, config) => {
        // What the option of the kind is for was once said as the reason; it still means that.
        const kind = options.reason === 'compromise' ? 'compromise' : options.kind;
        return rotateCommand(context, { ...(await personalAct(options, config)), endpointId: options.endpoint, kind, dryRun: options.dryRun ?? false });
      }),
    );
  person(command('recover', 'go on with attempts whose rotator is gone or whose wait is over'))
    .option('--dry-run', 'say which, and change nothing')
    .action((options: Output & Person) =>
      run(options, async (context, config) => recoverCommand(context, options.dryRun ? 'dry run' : await personalAct(options, config))),
    );
  person(command('resolve', 'decide about a blocked login: which password does the portal accept?'))
    .requiredOption('--endpoint <id>', 'the endpoint whose login is blocked')
    .addOption(
      new Option('--accept <which>', 'the password that the portal accepts; typed is read from a prompt or stdin, found searches all that are stored')
        .choices(ACCEPTABLE)
        .makeOptionMandatory(),
    )
    .option('--unverified', 'do not log in to prove it: you answer for it')
    .option(
      '--seen <secret-version>',
      'the version of the secret that you have looked at, as --dry-run says it: refused where it is another by now; needed for --accept current --unverified',
    )
    .option('--dry-run', 'say what would be done, and which version the secret has, and change nothing')
    .action((options: Output & Person & { endpoint: string; accept: ResolveOptions['accept']; unverified?: boolean; seen?: string }) =>
      run(options, async (context, config) =>
        resolveCommand(context, {
          ...(await personalAct(options, config)),
          endpointId: options.endpoint,
          accept: options.accept,
          proof: options.unverified ? 'unverified' : 'login',
          seen: options.seen ?? null,
          dryRun: options.dryRun ?? false,
        }),
      ),
    );
  person(command('rollback', 'rotate forward to the previous password, where the portal’s rules allow it'))
    .requiredOption('--endpoint <id>', 'the endpoint whose login to roll back')
    .option('--dry-run', 'check, and change nothing')
    .action((options: Output & Person & { endpoint: string }) =>
      run(options, async (context, config) =>
        rollbackCommand(context, { ...(await personalAct(options, config)), endpointId: options.endpoint, dryRun: options.dryRun ?? false }),
      ),
    );
}
