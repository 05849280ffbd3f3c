import type { Command } from 'commander';
import type { Database } from '@rcm/db';
import type { PersonOptions } from '../person.ts';
import type { Report } from '../report.ts';
import type { Terminal } from '../terminal.ts';
import type { CallbacksOptions } from '../commands/callbacks.ts';
import type { TasksOptions } from '../commands/tasks.ts';

interface Running {
  readonly terminal: Terminal;
  looks(act: (db: Database) => Promise<Report>): Promise<void>;
  print(report: Report): void;
}

/** `tasks`, `task show`, `task cancel`, `task tell`, `callbacks`: what other services have asked for, why it is not done, and whether they were told. */
export function addTasks(program: Command, { terminal, looks, print }: Running): void {
  program
    .command('tasks')
    .description('portal tasks of all organizations that are not done, the newest first')
    .option('--org <id>', 'of this organization')
    .option('--portal <code>', 'at this portal type')
    .option('--login <id>', 'with this login')
    .option('--state <states>', 'queued, running, failed, succeeded, or all (default: all but succeeded)')
    .option('--limit <n>', 'tasks on a page', '50')
    .option('--after <place>', 'the next page, from where the one before ended')
    .action(async (options: TasksOptions) => {
      const { tasks } = await import('../commands/tasks.ts');
      await looks((db) => tasks(db, options));
    });
  program
    .command('callbacks')
    .description('ends of tasks that their receiver was not told, and that nobody tries to tell any more')
    .option('--org <id>', 'of this organization')
    .option('--limit <n>', 'callbacks on a page', '50')
    .option('--after <place>', 'the next page, from where the one before ended')
    .action(async (options: CallbacksOptions) => {
      const { callbacks } = await import('../commands/callbacks.ts');
      await looks((db) => callbacks(db, options));
    });
  const task = program.command('task').description('one task: see why it waits, end it');
  task
    .command('show')
    .description('why it waits or failed, who asked, who has it, what to do')
    .argument('<task>', 'its id')
    .action(async (id: string) => {
      const { taskShow } = await import('../commands/task-show.ts');
      await looks((db) => taskShow(db, id));
    });
  task
    .command('cancel')
    .description('end a task that is not wanted any more')
    .argument('<task>', 'its id')
    .option('--reason <text>', 'why, for the audit trail')
    .option('--actor <name>', 'what you call yourself, beside who signed in')
    .action(async (id: string, options: PersonOptions) => {
      const [{ personOf }, { taskCancel }] = [await import('../person.ts'), await import('../commands/task-cancel.ts')];
      print(await taskCancel(terminal.environment, id, await personOf(options, terminal.environment)));
    });
  task
    .command('tell')
    .description('send a callback again that was given up')
    .argument('<task>', 'its id')
    .option('--reason <text>', 'why, for the audit trail')
    .option('--actor <name>', 'what you call yourself, beside who signed in')
    .action(async (id: string, options: PersonOptions) => {
      const [{ personOf }, { taskTell }] = [await import('../person.ts'), await import('../commands/task-tell.ts')];
      print(await taskTell(terminal.environment, id, await personOf(options, terminal.environment)));
    });
}
