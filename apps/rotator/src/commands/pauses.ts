import { type AddCommand, personalAct, type RunCommand } from './command.ts';
import { type Output, person, type Person } from './options.ts';
import { pauseCommand, resumeCommand, type ScopeOptions } from './pause.ts';
import { statusCommand } from './status.ts';

/** What rotations there are, and whether more may start. */
export function addPauses(command: AddCommand, run: RunCommand): void {
  const scoped = [
    ['pause', 'let no rotation start; those under way end, agents go on', pauseCommand],
    ['resume', 'let rotations start again; for a portal type, close its breaker too', resumeCommand],
  ] as const;
  for (const [name, description, act] of scoped) {
    person(command(name, description))
      .option('--all', 'all rotations')
      .option('--portal-type <code>', 'those of one portal type')
      .option('--endpoint <id>', 'those of one login')
      .option('--dry-run', 'say what would be done and change nothing')
      .action((options: Output & Person & ScopeOptions) =>
        run(options, async (context, config) => act(context, { ...(await personalAct(options, config)), scope: options, dryRun: options.dryRun ?? false })),
      );
  }
  command('status', 'who holds what since when, what is open, paused or stopped, what people were told').action((options: Output) =>
    run(options, statusCommand),
  );
}
