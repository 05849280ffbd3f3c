import { Option } from 'commander';
import { automations } from '@rcm/db';
import type { AddCommand } from './command.ts';
import { type DecideOptions, decidePortalTypeCommand } from './decide-portal-type.ts';
import { type Output, person, type Person, stands } from './options.ts';
import { calendarDay, wholeNumber } from './parse-options.ts';
import { passwordCommand } from './password.ts';
import { savePortalTypeCommand } from './save-portal-type.ts';

/** What is said of a portal type by whoever owns the tables; these open no rotator. */
export function addPortalTypes(command: AddCommand, environment: NodeJS.ProcessEnv, ended: (exitCode: number) => void): void {
  person(command('save-portal-type', 'create a portal type or bring it up to date, once its recipe can be read and passwords can be made from its rules'))
    .argument('[file]', 'JSON, see docs/rotation.md; RCM_DATABASE_URL is that of the tables’ owner, as for migrations')
    .option('--request <request>', 'instead of a file: a change that a second person has approved')
    .addOption(stands)
    .option('--dry-run', 'check it and change nothing; of a file, it needs no configuration')
    .action(async (file: string | undefined, options: Output & Person & { request?: string; stands?: string }) => {
      ended(await savePortalTypeCommand(environment, { ...options, file, json: options.json ?? false, dryRun: options.dryRun ?? false }));
    });
  person(command('decide-portal-type', 'say whether a portal’s terms let a program log in; without that, none does'))
    .argument('<code>', 'portal type; RCM_DATABASE_URL is that of the tables’ owner, as for migrations')
    .addOption(new Option('--automation <what>', 'assisted: a person logs in; forbidden: nobody for us').choices(automations).makeOptionMandatory())
    .requiredOption('--terms-version <text>', 'what of the portal’s terms was read: title, address, version')
    .addOption(new Option('--terms-date <date>', 'of when they are: YYYY-MM-DD').argParser(calendarDay).makeOptionMandatory())
    .option('--decided-by <name>', 'who answers for it, where it is not who says so')
    .option('--dry-run', 'check it and change nothing; needs no configuration')
    .action(async (code: string, options: Output & Person & Omit<DecideOptions, 'code' | 'json' | 'dryRun'>) => {
      ended(await decidePortalTypeCommand(environment, { ...options, code, json: options.json ?? false, dryRun: options.dryRun ?? false }));
    });
  command('password', 'print sample passwords for rules, for whoever writes a portal type')
    .requiredOption('--rules <rules>', 'in the syntax of the passwordrules attribute, with our own rules (docs/rotation.md)')
    .addOption(new Option('--count <n>', 'how many').argParser(wholeNumber).default(1))
    .action((options: Output & { rules: string; count: number }) => {
      ended(passwordCommand({ rules: options.rules, count: options.count, json: options.json ?? false }));
    });
}
